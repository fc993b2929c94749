// The bytes and the values of one tensor. Whole tensors for small ones, chunks for the rest.
import { LlmxError } from '../base/error.js';
import { count } from '../base/shape.js';
import { numberFormats } from '../numbers/index.js';
import { planeBytes } from '../numbers/number-format.js';
import type { Tensor } from './checkpoint.js';
import { openFile, type ByteSource } from './files.js';

/** What lies in the file for one plane. */
export async function readTensorBytes(tensor: Tensor, plane = 0): Promise<Uint8Array> {
  const span = tensor.planes[plane];
  if (span === undefined) throw new LlmxError('internal', `${tensor.name} has ${tensor.planes.length} planes, not ${plane + 1}`);
  await using source = await openFile(span.file);
  return source.read(span.offset, span.length, tensor.name);
}

interface StreamOptions {
  /** Values in a chunk, rounded to whole blocks. Default 2^20. */
  readonly chunkValues?: number;
}

interface TensorChunk {
  /** Index of the first value. */
  readonly start: number;
  /** Valid until the next chunk is asked for. */
  readonly values: Float32Array;
}

/** A tensor's values in order, decoded to float32, in memory that is used again for every chunk. */
export async function* streamTensor(tensor: Tensor, options: StreamOptions = {}): AsyncGenerator<TensorChunk, void, void> {
  const format = numberFormats[tensor.format];
  const total = count(tensor.shape);
  const blocks = Math.max(1, Math.floor((options.chunkValues ?? 1 << 20) / format.blockLength));
  const values = new Float32Array(Math.min(total, blocks * format.blockLength));
  const files = new Map<string, ByteSource>();
  try {
    for (const { file } of tensor.planes) if (!files.has(file)) files.set(file, await openFile(file));
    for (let start = 0; start < total; start += values.length) {
      const part = values.subarray(0, Math.min(values.length, total - start));
      const planes = await Promise.all(
        tensor.planes.map((span, plane) => {
          const done = planeBytes(format, start, plane);
          return files.get(span.file)!.read(span.offset + done, planeBytes(format, part.length, plane), tensor.name);
        }),
      );
      format.decode(planes, part);
      yield { start, values: part };
    }
  } finally {
    for (const source of files.values()) await source[Symbol.asyncDispose]();
  }
}

/** All values as float32: 4 bytes each, so not for what is large. */
export async function decodeTensor(tensor: Tensor): Promise<Float32Array> {
  const all = new Float32Array(count(tensor.shape));
  for await (const { start, values } of streamTensor(tensor)) all.set(values, start);
  return all;
}

/** The values of one row of `columns` values, which must be whole blocks. */
export async function decodeRow(tensor: Tensor, row: number, columns: number): Promise<Float32Array> {
  const format = numberFormats[tensor.format];
  const values = new Float32Array(columns);
  const planes = await Promise.all(
    tensor.planes.map(async (span, plane) => {
      await using source = await openFile(span.file);
      const bytes = planeBytes(format, columns, plane);
      return source.read(span.offset + row * bytes, bytes, tensor.name);
    }),
  );
  format.decode(planes, values);
  return values;
}
