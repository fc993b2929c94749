// Writes GGUF version 3: metadata, tensor list, then each tensor's bytes as they come.
import { LlmxError } from '../base/error.js';
import { numberFormats } from '../numbers/index.js';
import { unescapeBytes } from './gguf-text.js';
import type { GgufValue } from './gguf-value.js';
import type { Piece, PlannedFile, TensorPlan } from './planned-file.js';
import { splitSuffix, splitTensors } from './split.js';
import { checkedData, plannedBytes, writeFileInParts, type TensorData } from './write-file.js';
import type { CheckpointWriter } from './writer.js';

interface GgufContents {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly TensorPlan[];
  /** Bytes that each tensor begins at a multiple of; recorded in the metadata where it is not 32. */
  readonly alignment?: number;
}

const typeIds = { u8: 0, i8: 1, u16: 2, i16: 3, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10, i64: 11, f64: 12 } as const;
const defaultAlignment = 32;

interface Sink {
  readonly chunks: Buffer[];
  length: number;
}

function put(sink: Sink, bytes: number, write: (buffer: Buffer) => unknown): void {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  sink.chunks.push(buffer);
  sink.length += bytes;
}

const u32 = (sink: Sink, value: number): void => put(sink, 4, (buffer) => buffer.writeUInt32LE(value));
const u64 = (sink: Sink, value: number): void => put(sink, 8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));

function text(sink: Sink, value: string): void {
  const bytes = unescapeBytes(value);
  u64(sink, bytes.length);
  sink.chunks.push(bytes);
  sink.length += bytes.length;
}

/** One value without its type. */
const writers: Readonly<Record<Exclude<keyof typeof typeIds, 'array'>, (sink: Sink, value: never) => void>> = {
  u8: (sink, value) => put(sink, 1, (buffer) => buffer.writeUInt8(value)),
  i8: (sink, value) => put(sink, 1, (buffer) => buffer.writeInt8(value)),
  u16: (sink, value) => put(sink, 2, (buffer) => buffer.writeUInt16LE(value)),
  i16: (sink, value) => put(sink, 2, (buffer) => buffer.writeInt16LE(value)),
  u32,
  i32: (sink, value) => put(sink, 4, (buffer) => buffer.writeInt32LE(value)),
  f32: (sink, value) => put(sink, 4, (buffer) => buffer.writeFloatLE(value)),
  u64,
  i64: (sink, value) => put(sink, 8, (buffer) => buffer.writeBigInt64LE(BigInt(value))),
  f64: (sink, value) => put(sink, 8, (buffer) => buffer.writeDoubleLE(value)),
  bool: (sink, value) => put(sink, 1, (buffer) => buffer.writeUInt8(value ? 1 : 0)),
  string: text,
};

function putValue(sink: Sink, value: GgufValue): void {
  u32(sink, typeIds[value.type]);
  if (value.type !== 'array') return writers[value.type](sink, value.value as never);
  u32(sink, typeIds[value.of]);
  u64(sink, value.value.length);
  for (const element of value.value) writers[value.of](sink, element as never);
}

const padded = (length: number, alignment: number): number => Math.ceil(length / alignment) * alignment;

/** Everything before the data, padded to where it begins. */
export function ggufHeader({ metadata, tensors, alignment = defaultAlignment }: GgufContents): Uint8Array {
  const sink: Sink = { chunks: [], length: 0 };
  const all = alignment === defaultAlignment ? metadata : new Map([...metadata, ['general.alignment', { type: 'u32', value: alignment }] as const]);
  u32(sink, 0x46554747);
  u32(sink, 3);
  u64(sink, tensors.length);
  u64(sink, all.size);
  for (const [key, value] of all) {
    text(sink, key);
    putValue(sink, value);
  }
  let offset = 0;
  for (const plan of tensors) {
    const type = numberFormats[plan.format].ggufType;
    if (type === undefined)
      throw new LlmxError(
        'unsupported',
        `${plan.name}: GGUF has no type for ${numberFormats[plan.format].name}`,
        'Choose another number format for this tensor',
      );
    text(sink, plan.name);
    u32(sink, plan.shape.length);
    for (const side of [...plan.shape].reverse()) u64(sink, side);
    u32(sink, type);
    u64(sink, offset);
    offset += padded(plannedBytes(plan), alignment);
  }
  if (tensors.length > 0) put(sink, padded(sink.length, alignment) - sink.length, () => undefined);
  return Buffer.concat(sink.chunks, sink.length);
}

async function* parts(contents: GgufContents, data: TensorData): AsyncGenerator<Uint8Array, void, void> {
  const { alignment = defaultAlignment } = contents;
  yield ggufHeader(contents);
  for (const plan of contents.tensors) {
    yield* checkedData(plan, data);
    const bytes = plannedBytes(plan);
    yield new Uint8Array(padded(bytes, alignment) - bytes);
  }
}

/** Writes a file in one pass and returns its size. */
export const writeGguf = (path: string, contents: GgufContents, data: TensorData): Promise<number> => writeFileInParts(path, parts(contents, data));

function pieces(contents: GgufContents): readonly Piece[] {
  const { alignment = defaultAlignment, tensors } = contents;
  return [
    { kind: 'bytes', bytes: ggufHeader(contents) },
    ...tensors.flatMap((tensor): readonly Piece[] => {
      const bytes = plannedBytes(tensor);
      const rest = padded(bytes, alignment) - bytes;
      return [{ kind: 'tensor', tensor, plane: 0 }, ...(rest > 0 ? [{ kind: 'zeros', length: rest } as const] : [])];
    }),
  ];
}

/** Parts as llama.cpp splits them: the first has all metadata, each says its number. */
function splitFiles(metadata: ReadonlyMap<string, GgufValue>, groups: readonly (readonly TensorPlan[])[], fileName: string): readonly PlannedFile[] {
  const stem = fileName.replace(/(-\d{5}-of-\d{5})?\.gguf$/, '');
  const total = groups.reduce((sum, { length }) => sum + length, 0);
  return groups.map((tensors, index) => {
    const place: ReadonlyMap<string, GgufValue> = new Map([
      ['split.no', { type: 'u16', value: index }],
      ['split.count', { type: 'u16', value: groups.length }],
      ['split.tensors.count', { type: 'i32', value: total }],
    ]);
    return {
      name: `${stem}${splitSuffix(index, groups.length)}.gguf`,
      pieces: pieces({ metadata: index === 0 ? new Map([...metadata, ...place]) : place, tensors }),
    };
  });
}

export const ggufWriter: CheckpointWriter = {
  dialect: 'gguf',
  hasMetadata: true,
  mayBeEmpty: true,
  obeys: ['splitBytes', 'splitTensors'],
  output: 'file',
  suffixes: ['.gguf'],
  // llama.cpp adds and multiplies vectors in float32 only.
  smallFormat: 'f32',
  holds: (format) => 'ggufType' in numberFormats[format],
  layout({ metadata, tensors }, { fileName = 'model.gguf', ...limits }) {
    const alignment = metadata.get('general.alignment')?.value;
    const rest = new Map([...metadata].filter(([key]) => key !== 'general.alignment' && !key.startsWith('split.')));
    const groups = splitTensors(tensors, limits);
    if (groups.length > 1) return splitFiles(rest, groups, fileName);
    return [{ name: fileName, pieces: pieces({ metadata: rest, tensors, ...(typeof alignment === 'number' ? { alignment } : {}) }) }];
  },
};
