// The front of a GGUF file: version, counts and key-value pairs.
import type { Json } from '../base/event.js';
import { LlmxError } from '../base/error.js';
import { quoted } from '../text/quoted.js';
import { malformed, type ByteSource } from './files.js';
import { ggufCursor, type GgufCursor } from './gguf-cursor.js';
import type { GgufValue } from './gguf-value.js';

const ggufMagic = 0x46554747; // "GGUF"
const mostKeys = 1 << 16;
const mostTensors = 1 << 20;
/** Fewest bytes of a pair (key of one byte, type, byte) and of a tensor's entry (name of one byte, no sides, type, offset). */
const leastPair = 8 + 1 + 4 + 1;
const leastTensor = 8 + 1 + 4 + 4 + 8;

export interface GgufFront {
  readonly version: number;
  readonly tensorCount: number;
  readonly metadata: ReadonlyMap<string, Json>;
  /** The same pairs with their types, in the file's order. */
  readonly typed: ReadonlyMap<string, GgufValue>;
  /** Stands at the first tensor's entry. */
  readonly cursor: GgufCursor;
}

function checkVersion(path: string, version: number): void {
  if (version === 2 || version === 3) return;
  if ((version & 0xffff) === 0)
    throw new LlmxError('unsupported', `${path}: a big-endian GGUF`, 'Convert it with gguf-convert-endian, or fetch the little-endian file');
  if (version === 1)
    throw new LlmxError('unsupported', `${path}: GGUF version 1, of August 2023`, 'Fetch or convert the model again: versions 2 and 3 are read');
  throw new LlmxError('unsupported', `${path}: GGUF version ${version}`, 'Versions 2 and 3 are read; a newer llmx may know this one');
}

function checkCount(path: string, count: number, least: number, most: number, left: number, what: string): void {
  if (count > most) throw malformed(path, `${count} ${what}, more than ${most}`);
  if (count * least > left) throw malformed(path, `${count} ${what} need at least ${count * least} bytes, ${left} are left`);
}

export async function readGgufFront(source: ByteSource): Promise<GgufFront> {
  const { path } = source;
  const cursor = ggufCursor(source);
  const left = (): number => source.size - cursor.at();
  if ((await cursor.uint32('the magic')) !== ggufMagic) throw malformed(path, 'not a GGUF file: it does not begin with "GGUF"');
  const version = await cursor.uint32('the version');
  checkVersion(path, version);
  const tensorCount = await cursor.count('the number of tensors');
  const keyCount = await cursor.count('the number of metadata keys');
  checkCount(path, keyCount, leastPair, mostKeys, left(), 'metadata keys');
  checkCount(path, tensorCount, leastTensor, mostTensors, left(), 'tensors');
  const metadata = new Map<string, Json>();
  const typed = new Map<string, GgufValue>();
  for (let index = 0; index < keyCount; index++) {
    const key = await cursor.text(`metadata key ${index}`);
    if (key === '') throw malformed(path, `metadata key ${index} is empty`);
    if (metadata.has(key)) throw malformed(path, `the metadata key ${quoted(key)} stands twice`);
    const value = await cursor.value(await cursor.uint32(`the type of ${quoted(key)}`), quoted(key));
    metadata.set(key, value.json);
    typed.set(key, value.typed);
  }
  return { version, tensorCount, metadata, typed, cursor };
}
