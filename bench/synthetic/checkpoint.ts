// A llama checkpoint of a shape, with random weights of one type: how large it is, and the file.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import type { BlockType } from './blocks.js';
import { encodeHead, padding, type TensorRow } from './gguf.js';
import { llamaMetadata, llamaTensors, ropeDivisors, type LlamaTensor } from './llama.js';
import { randomBytes, randomIntegers } from './random.js';
import type { Shape } from './shapes.js';
import { makeVocabulary } from './vocabulary.js';

// A matrix is cut from a pool of random blocks, piece by piece, each from a place of its own.
const poolBytes = 16 << 20;
const pieceBytes = 4 << 20;

const float32Type = 0;

function tensorRow({ name, extents, content }: LlamaTensor, type: BlockType): TensorRow {
  const values = extents.reduce((product, extent) => product * extent, 1);
  if (content !== 'matrix') return { name, extents, ggufType: float32Type, bytes: values * 4 };
  if (extents[0]! % type.blockLength !== 0) throw new RangeError(`${name}: rows of ${extents[0]} are not whole blocks of ${type.blockLength}`);
  return { name, extents, ggufType: type.ggufType, bytes: (values / type.blockLength) * type.blockBytes };
}

/** Random legal blocks for matrices of `columns` inputs: weights spread as 1 / sqrt(columns) keep activations where they are. */
function makePool(type: BlockType, columns: number, seed: number): Buffer {
  const pool = randomBytes(Math.floor(poolBytes / type.blockBytes) * type.blockBytes, seed, `blocks for ${columns} columns`);
  type.legalize(pool, 1 / Math.sqrt(columns));
  return pool;
}

function* matrixPieces(pool: Buffer, type: BlockType, row: TensorRow, seed: number): Generator<Buffer> {
  const pieces = Math.ceil(row.bytes / pieceBytes);
  const starts = randomIntegers(pieces, Math.floor((pool.length - pieceBytes) / type.blockBytes), seed, row.name);
  const piece = Math.floor(pieceBytes / type.blockBytes) * type.blockBytes;
  for (let written = 0, index = 0; written < row.bytes; index++) {
    const start = starts[index % pieces]! * type.blockBytes;
    const length = Math.min(piece, row.bytes - written);
    yield pool.subarray(start, start + length);
    written += length;
  }
}

function* tensorPieces(
  tensor: LlamaTensor,
  row: TensorRow,
  shape: Shape,
  type: BlockType,
  pools: Map<number, Buffer>,
  seed: number,
): Generator<Buffer> {
  if (tensor.content === 'matrix') {
    const columns = tensor.extents[0]!;
    const pool = pools.get(columns) ?? makePool(type, columns, seed);
    pools.set(columns, pool);
    yield* matrixPieces(pool, type, row, seed);
  } else {
    const values = tensor.content === 'rope' ? ropeDivisors(shape) : new Float32Array(tensor.extents[0]!).fill(1);
    yield Buffer.from(values.buffer);
  }
  yield Buffer.alloc(padding(row.bytes));
}

/** Writes the file, whole or not at all, and returns its size in bytes. */
export function writeSynthetic(file: string, name: string, shape: Shape, type: BlockType, seed: number): number {
  const tensors = llamaTensors(shape);
  const rows = tensors.map((tensor) => tensorRow(tensor, type));
  const pools = new Map<number, Buffer>();
  const partial = `${file}.partial`;
  const descriptor = openSync(partial, 'w');
  let bytes = writeSync(descriptor, encodeHead(llamaMetadata(name, shape, type, makeVocabulary(shape.vocabulary)), rows));
  for (const [index, tensor] of tensors.entries()) {
    for (const piece of tensorPieces(tensor, rows[index]!, shape, type, pools, seed)) bytes += writeSync(descriptor, piece);
  }
  closeSync(descriptor);
  renameSync(partial, file);
  return bytes;
}

/** Bytes of the tensors; the file's head adds some megabytes of vocabulary. */
export const syntheticBytes = (shape: Shape, type: BlockType): number =>
  llamaTensors(shape).reduce((sum, tensor) => sum + tensorRow(tensor, type).bytes, 0);
