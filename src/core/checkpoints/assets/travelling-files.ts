// The files of a Hugging Face folder that travel with its weights: tokenizer, chat templates, generation defaults, licence.
// Not the model card (it describes the files that it came with), not preprocessors of pictures and sound, no program code.
import { dirname, join } from 'node:path';
import { fileSize, isFolder, listFolder, malformed, readWhole } from '../files.js';
import type { Checkpoint } from '../checkpoint.js';
import { additionalFolder, additionalTemplates } from './chat-templates.js';

export const names = {
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  specialTokens: 'special_tokens_map.json',
  generation: 'generation_config.json',
  sentencepiece: 'tokenizer.model',
} as const;

/** Files that spell the vocabulary. */
const vocabulary =
  /^(?:tokenizer\.json|tokenizer\.model(?:\.v\d+)?|added_tokens\.json|vocab\.(?:json|txt)|merges\.txt|spiece\.model|sentencepiece\.bpe\.model|tekken\.json|[\w.-]{1,64}\.tiktoken)$/;
const others =
  /^(?:tokenizer_config\.json|special_tokens_map\.json|generation_config\.json|chat_template\.(?:jinja|json)|(?:LICENSE|LICENCE|NOTICE|USE_POLICY|COPYING)(?:\.(?:txt|md))?)$/;
const template = new RegExp(String.raw`^${additionalFolder}/[^./\\\0][^/\\\0]{0,127}\.jinja$`);

/** One file, and all of them: real ones stay below 40 MiB, most of it a tokenizer.json. */
const longestFile = 64 << 20;
const longestTogether = 192 << 20;

export const spellsVocabulary = (name: string): boolean => vocabulary.test(name);
/** True for names that travel, relative to the folder. What a file claims about names is only believed if it is one of these. */
export const travels = (name: string): boolean => vocabulary.test(name) || others.test(name) || template.test(name);

/** The folder of a checkpoint of files beside a config.json. */
export async function folderOf({ path }: Pick<Checkpoint, 'path'>): Promise<string> {
  return (await isFolder(path)) ? path : dirname(path);
}

export type Files = ReadonlyMap<string, Uint8Array>;

/** The files of a folder that travel, as they are, in order of name. */
export async function readTravelling(folder: string): Promise<Files> {
  const entries = await listFolder(folder);
  const templates = (await additionalTemplates(folder, new Set(entries))).map((name) => `${additionalFolder}/${name}`);
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const name of [...entries, ...templates].filter(travels).sort()) {
    const path = join(folder, name);
    if ((await fileSize(path)) === undefined) continue;
    const bytes = await readWhole(path, longestFile);
    total += bytes.length;
    if (total > longestTogether) throw malformed(folder, `its tokenizer and other small files are larger than ${longestTogether} bytes together`);
    files.set(name, bytes);
  }
  return files;
}
