// A tokenizer file of any kind that llmx reads, told apart by its first bytes.
import { dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import { readLlama2cTokenizer } from '../text/llama2c-tokenizer.js';
import { readSentencepieceModel } from '../text/sentencepiece-model.js';
import type { TokenizerSource } from '../text/tokenizer.js';
import { openFile, readWhole, fileSize } from './files.js';
import { readGgufFront } from './gguf-metadata.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { isObject, parseJsonObject } from './json.js';

const longest = 256 << 20;
const deepest = 128;

/** tokenizer.json with the tokenizer_config.json beside it. */
async function readTokenizerJson(path: string, bytes: Uint8Array): Promise<TokenizerSource> {
  const configPath = join(dirname(path), 'tokenizer_config.json');
  const tokenizer = parseJsonObject(path, bytes, { depth: deepest });
  const config =
    (await fileSize(configPath)) === undefined ? {} : parseJsonObject(configPath, await readWhole(configPath, longest), { depth: deepest });
  return { kind: 'tokenizer-json', file: path, tokenizer, config };
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
    return { ...(path.endsWith('.bin') ? readLlama2cTokenizer(bytes) : readSentencepieceModel(bytes)), file: path };
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
