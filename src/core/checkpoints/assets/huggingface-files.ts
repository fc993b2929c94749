// The files beside config.json and the weights of a Hugging Face folder: copied from one, taken out of a GGUF that carries them, or built.
import { basename, dirname, resolve } from 'node:path';
import { parseJsonObject } from '../json.js';
import type { Checkpoint } from '../checkpoint.js';
import { readWhole } from '../files.js';
import { tokenizerFileKey } from '../gguf-tokenizer.js';
import { builtFiles, print } from './built-files.js';
import { carriedFiles, carriedTokenizer } from './carried-files.js';
import { plainOf } from './plain.js';
import { folderOf, names, readTravelling, spellsVocabulary, type Files } from './travelling-files.js';

const longestTokenizer = 64 << 20;
const deepest = 128;

/** True unless a tokenizer from elsewhere was put in place of the checkpoint's own. */
export async function ownsTokenizer({ tokenizer, path, dialect }: Checkpoint): Promise<boolean> {
  const file = tokenizer?.file;
  if (file === undefined) return true;
  return dialect === 'huggingface' ? resolve(dirname(file)) === resolve(await folderOf({ path })) : file === path;
}

/** The small files of a checkpoint that is a folder, or of the folder that a tokenizer.json came from; none for others. */
export async function tokenizerFiles(source: Checkpoint): Promise<Files> {
  if (source.dialect === 'huggingface' && (await ownsTokenizer(source))) return readTravelling(await folderOf(source));
  return new Map();
}

const bringsAlong = (name: string): boolean => spellsVocabulary(name) || name === names.tokenizerConfig || name === names.specialTokens;
const template = 'chat_template.jinja';

/** What belongs to a tokenizer that was given in place of the checkpoint's own. */
async function givenFiles(source: Checkpoint): Promise<Files> {
  const { tokenizer, chatTemplate } = source;
  if (tokenizer?.kind !== 'tokenizer-json' || tokenizer.file === undefined) return builtFiles(source, await plainOf(source));
  const beside =
    basename(tokenizer.file) === names.tokenizer ? [...(await readTravelling(dirname(tokenizer.file)))].filter(([name]) => bringsAlong(name)) : [];
  return new Map([
    ...builtFiles(source, undefined),
    ...(chatTemplate === undefined ? [] : [[template, Buffer.from(chatTemplate, 'utf8')] as const]),
    [names.tokenizerConfig, print(tokenizer.config)] as const,
    ...beside,
    [names.tokenizer, await readWhole(tokenizer.file, longestTokenizer)] as const,
  ]);
}

async function fromFolder(source: Checkpoint): Promise<Files> {
  const files = await readTravelling(await folderOf(source));
  if (await ownsTokenizer(source)) return files;
  return new Map([...(await givenFiles(source)), ...[...files].filter(([name]) => !bringsAlong(name))]);
}

async function fromMetadata(source: Checkpoint): Promise<Files> {
  const { metadata, path } = source;
  if (metadata === undefined) return builtFiles(source, await plainOf(source));
  const carried = carriedFiles(path, metadata);
  if (carried !== undefined) return carried;
  const tokenizer = carriedTokenizer(metadata);
  if (tokenizer !== undefined) parseJsonObject(`${path}: ${tokenizerFileKey}`, tokenizer, { depth: deepest }); // throws where it is none
  return builtFiles(source, await plainOf(source), tokenizer);
}

/**
 * File names, relative to the folder, and their bytes. Throws LlmxError: `malformed` where a file or key is, `unsupported` where no
 * such file says what the tokenizer does.
 */
export async function huggingfaceFiles(source: Checkpoint): Promise<Files> {
  if (source.dialect === 'huggingface') return fromFolder(source);
  return (await ownsTokenizer(source)) ? fromMetadata(source) : givenFiles(source);
}
