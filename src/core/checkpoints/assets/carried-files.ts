// A Hugging Face folder's small files inside a GGUF, so that converting back gives the same bytes. `tokenizer.huggingface.json` is
// GGUF's own key; three arrays of strings of ours hold the others, a place each: llmx.huggingface.names, .contents, .encodings
// (utf-8 or base64). All of them or none.
import { malformed } from '../files.js';
import { carriedKeys as keys, tokenizerFileKey } from '../gguf-tokenizer.js';
import type { GgufValue } from '../gguf-value.js';
import { names, travels, type Files } from './travelling-files.js';

/** Bytes of all; larger headers are slow to open. */
const mostCarried = 48 << 20;
const mostFiles = 512;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const strings = (value: readonly string[]): GgufValue => ({ type: 'array', of: 'string', value });

/** The keys that carry files; none where they are too large. */
export function carry(files: Files): ReadonlyMap<string, GgufValue> {
  const carried = new Map<string, GgufValue>();
  const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (total > mostCarried || files.size > mostFiles || files.size === 0) return carried;
  const tokenizer = files.get(names.tokenizer);
  const text = tokenizer && asText(tokenizer);
  if (text !== undefined) carried.set(tokenizerFileKey, { type: 'string', value: text });
  const entries = [...files].filter(([name]) => name !== names.tokenizer || text === undefined);
  const texts = entries.map(([, bytes]) => asText(bytes));
  carried.set(keys.names, strings(entries.map(([name]) => name)));
  carried.set(keys.contents, strings(entries.map(([, bytes], index) => texts[index] ?? Buffer.from(bytes).toString('base64'))));
  carried.set(keys.encodings, strings(texts.map((each) => (each === undefined ? 'base64' : 'utf-8'))));
  return carried;
}

const listOf = (metadata: ReadonlyMap<string, GgufValue>, key: string): readonly string[] | undefined => {
  const value = metadata.get(key);
  return value?.type === 'array' && value.of === 'string' ? value.value : undefined;
};

/** GGUF's own copy of tokenizer.json, whoever wrote it. */
export function carriedTokenizer(metadata: ReadonlyMap<string, GgufValue>): Uint8Array | undefined {
  const value = metadata.get(tokenizerFileKey);
  return value?.type === 'string' ? Buffer.from(value.value, 'utf8') : undefined;
}

/** The files of the folder that a GGUF was made from, or undefined where it carries none. Throws `malformed` for names that no such folder has. */
export function carriedFiles(path: string, metadata: ReadonlyMap<string, GgufValue>): Files | undefined {
  const [fileNames, contents, encodings] = [listOf(metadata, keys.names), listOf(metadata, keys.contents), listOf(metadata, keys.encodings)];
  if (fileNames === undefined) return undefined;
  if (contents?.length !== fileNames.length || encodings?.length !== fileNames.length)
    throw malformed(path, `${keys.names}, ${keys.contents} and ${keys.encodings} are not lists of one length`);
  const files = new Map<string, Uint8Array>();
  const tokenizer = carriedTokenizer(metadata);
  if (tokenizer !== undefined) files.set(names.tokenizer, tokenizer);
  fileNames.forEach((name, index) => {
    if (!travels(name) || files.has(name))
      throw malformed(path, `${keys.names}[${index}] is no name of a file that a GGUF may carry, or stands twice`);
    files.set(name, Buffer.from(contents[index]!, encodings[index] === 'base64' ? 'base64' : 'utf8'));
  });
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
