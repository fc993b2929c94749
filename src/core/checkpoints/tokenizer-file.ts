// A tokenizer file of any kind that llmx reads, told apart by its first bytes.
import { dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { JsonObject } from '../base/event.js';
import { readLlama2cTokenizer } from '../text/llama2c-tokenizer.js';
import { readSentencepieceModel } from '../text/sentencepiece-model.js';
import type { TokenizerSource } from '../text/tokenizer.js';
import { openFile, readWhole, fileSize } from './files.js';
import { readGgufFront } from './gguf-metadata.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { isObject, parseJsonObject } from './json.js';

const longest = 256 << 20;
const deepest = 128;

/** A JSON file beside another; an empty object where there is none. */
async function beside(path: string, name: string): Promise<JsonObject> {
  const other = join(dirname(path), name);
  return (await fileSize(other)) === undefined ? {} : parseJsonObject(other, await readWhole(other, longest), { depth: deepest });
}

/** tokenizer.json with the tokenizer_config.json beside it. */
const readTokenizerJson = async (path: string, bytes: Uint8Array): Promise<TokenizerSource> => ({
  kind: 'tokenizer-json',
  file: path,
  tokenizer: parseJsonObject(path, bytes, { depth: deepest }),
  config: await beside(path, 'tokenizer_config.json'),
});

type Sentencepiece = Extract<TokenizerSource, { kind: 'sentencepiece' }>;

/** A tokenizer.model with what the files beside it add: words behind the trained ones, and whether marks are put around texts. */
async function withAdded(path: string, source: Sentencepiece): Promise<Sentencepiece> {
  const config = await beside(path, 'tokenizer_config.json');
  const listed = isObject(config['added_tokens_decoder']) ? Object.entries(config['added_tokens_decoder']) : [];
  const words = new Map(
    Object.entries(await beside(path, 'added_tokens.json')).map(([content, id]) => [id, { content, isSpecial: false as boolean }] as const),
  );
  for (const [id, word] of listed)
    if (isObject(word) && typeof word['content'] === 'string')
      words.set(Number(id), { content: word['content'], isSpecial: word['special'] === true });
  const [pieces, scores, types] = [[...source.pieces], [...source.scores], [...source.types]];
  for (let word = words.get(pieces.length); word !== undefined; word = words.get(pieces.length)) {
    pieces.push(word.content);
    scores.push(0);
    types.push(word.isSpecial ? 'control' : 'user-defined');
  }
  const flag = (name: string, otherwise: boolean): boolean => (typeof config[name] === 'boolean' ? config[name] : otherwise);
  const { special } = source;
  return {
    ...source,
    pieces,
    scores,
    types,
    special: { ...special, addBos: flag('add_bos_token', special.addBos), addEos: flag('add_eos_token', special.addEos) },
  };
}

async function readGgufVocabulary(path: string): Promise<TokenizerSource> {
  await using source = await openFile(path);
  const { metadata } = await readGgufFront(source);
  const vocabulary = ggufTokenizer(path, metadata);
  if ('problem' in vocabulary) throw new LlmxError('unsupported', vocabulary.problem, 'Give a tokenizer.json, tokenizer.model or tokenizer.bin');
  return vocabulary.tokenizer;
}

const startsWith = async (path: string, text: string): Promise<boolean> => {
  await using source = await openFile(path);
  return source.size >= text.length && Buffer.from(await source.read(0, text.length, 'the file')).toString('latin1') === text;
};

export async function readTokenizerFile(path: string): Promise<TokenizerSource> {
  if (await startsWith(path, 'GGUF')) return readGgufVocabulary(path);
  const bytes = await readWhole(path, longest);
  if (bytes[0] === 0x7b) return readTokenizerJson(path, bytes);
  try {
    const source = path.endsWith('.bin') ? readLlama2cTokenizer(bytes) : await withAdded(path, readSentencepieceModel(bytes));
    return { ...source, file: path };
  } catch (thrown) {
    if (!(thrown instanceof LlmxError)) throw thrown;
    throw new LlmxError(
      thrown.code,
      `${path}: ${thrown.message}`,
      thrown.hint || 'Give a tokenizer.json, tokenizer.model, tokenizer.bin of llama2.c, or a GGUF',
      { cause: thrown },
    );
  }
}

/** Entries of the vocabulary, added ones included. */
export function vocabularySize(source: TokenizerSource): number {
  if (source.kind !== 'tokenizer-json') return source.pieces.length;
  const { model, added_tokens: added } = source.tokenizer;
  const vocabulary = isObject(model) ? model['vocab'] : undefined;
  const ids = isObject(vocabulary) ? Object.values(vocabulary) : Array.isArray(vocabulary) ? vocabulary.map((_, index) => index) : [];
  const more = Array.isArray(added) ? added.map((entry) => (isObject(entry) ? entry['id'] : undefined)) : [];
  return new Set([...ids, ...more].filter((id) => typeof id === 'number')).size;
}
