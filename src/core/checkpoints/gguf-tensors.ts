// The tensor list of a GGUF file, checked against the file: names, sides, types, offsets.
import { LlmxError } from '../base/error.js';
import type { Json } from '../base/event.js';
import { quoted, shown } from '../text/quoted.js';
import type { Tensor } from './checkpoint.js';
import { checkRange, malformed, type ByteSource } from './files.js';
import type { GgufFront } from './gguf-metadata.js';
import { ggufType, type GgufType } from './gguf-types.js';

const longestName = 63;
const mostSides = 4;

export interface TensorList {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly skipped: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgufType;
  readonly bytes: number;
  readonly offset: number;
}

const mostAlignment = 2 ** 30;

function alignmentOf(path: string, metadata: ReadonlyMap<string, Json>): number {
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || !Number.isInteger(Math.log2(alignment)))
    throw malformed(path, `general.alignment is ${shown(alignment)}, not a power of two`);
  if (alignment > mostAlignment) throw malformed(path, `general.alignment is ${shown(alignment)}, at most ${mostAlignment} is read`);
  return alignment;
}

async function readEntry(path: string, front: GgufFront, index: number): Promise<Entry> {
  const { cursor } = front;
  const name = await cursor.text(`the name of tensor ${index}`);
  if (name === '' || Buffer.byteLength(name) > longestName)
    throw malformed(path, `the name of tensor ${index}, ${quoted(name)}, has ${Buffer.byteLength(name)} bytes; 1 to ${longestName} are allowed`);
  const shown = quoted(name);
  const sideCount = await cursor.uint32(`the number of sides of ${shown}`);
  if (sideCount > mostSides) throw malformed(path, `${shown} has ${sideCount} sides, more than ${mostSides}`);
  const sides: number[] = [];
  let values = 1;
  for (let side = 0; side < sideCount; side++) {
    sides.push(await cursor.count(`side ${side} of ${shown}`));
    values *= sides[side]!;
    if (!Number.isSafeInteger(values)) throw malformed(path, `${shown} with sides ${sides.join(' x ')} has more values than any file`);
  }
  const typeId = await cursor.uint32(`the type of ${shown}`);
  const type = ggufType(typeId);
  if (type === undefined)
    throw new LlmxError(
      'unsupported',
      `${path}: ${shown} has the tensor type ${typeId}, which llmx does not know`,
      'A newer llmx may know it; or fetch the model in another quantization',
    );
  const first = sides[0] ?? 1;
  if (first % type.blockLength !== 0)
    throw malformed(path, `${shown} has rows of ${first} values, not a multiple of ${type.name}'s block of ${type.blockLength}`);
  const offset = await cursor.count(`the offset of ${shown}`);
  return { name, shape: sides.reverse(), type, bytes: (values / type.blockLength) * type.blockBytes, offset };
}

/** Reads on from the front. Offsets must follow one another in the order of the list, each padded to the alignment. */
export async function readGgufTensors(source: ByteSource, front: GgufFront): Promise<TensorList> {
  const { path } = source;
  const alignment = alignmentOf(path, front.metadata);
  const pad = (length: number): number => Math.ceil(length / alignment) * alignment;
  const entries: Entry[] = [];
  const names = new Set<string>();
  let expected = 0;
  for (let index = 0; index < front.tensorCount; index++) {
    const entry = await readEntry(path, front, index);
    if (names.has(entry.name)) throw malformed(path, `two tensors are named ${quoted(entry.name)}`);
    if (entry.offset !== expected)
      throw malformed(path, `${quoted(entry.name)} lies at offset ${entry.offset}; after the tensor before it, it should lie at ${expected}`);
    names.add(entry.name);
    entries.push(entry);
    expected += pad(entry.bytes);
  }
  const dataStart = pad(front.cursor.at());
  const tensors = new Map<string, Tensor>();
  const skipped = new Map<string, string>();
  for (const { name, shape, type, bytes, offset } of entries) {
    checkRange(path, source.size, dataStart + offset, bytes, quoted(name));
    if (type.format === undefined) skipped.set(name, type.name);
    else tensors.set(name, { name, shape, format: type.format, planes: [{ file: path, offset: dataStart + offset, length: bytes }] });
  }
  return { tensors, skipped };
}
