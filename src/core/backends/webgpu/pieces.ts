// How a weight that one buffer does not hold is cut: whole rows, in runs that kernels read as they would read all of them.
import { numberFormats } from '../../numbers/index.js';
import { planeBytes } from '../../numbers/number-format.js';
import type { KernelOperand, Piece } from './kernel.js';

/** Kernels number the values of a buffer in 32 bits. */
const mostValues = 2 ** 32 - 1;
/** Rows of a tile of the widest matrix kernel: a piece of so many leaves no lane idle within a tile. */
const tile = 64;
/** Rows that one workgroup gives, and words that kernels of whole fours move by. */
const four = 4;

/** Decoders read whole words, and one beyond a block that ends within a word. */
export const spareBytes = 4;

/** Runs of rows that begin only where kernels can: an expert's rows are read in fours from its first one on. */
function unitsOf(shape: readonly number[]): readonly number[] {
  if (shape.length < 3) return [tile, four];
  const rows = shape[shape.length - 2]!;
  return rows % four === 0 ? [rows, tile, four] : [rows];
}

/** Bytes of a row in the one plane of its format; undefined where it has more. */
export function rowBytes({ shape, format }: KernelOperand): number | undefined {
  if (format === 'i32') return undefined;
  const row = numberFormats[format];
  return row.planes.length === 1 ? planeBytes(row, shape[shape.length - 1]!) : undefined;
}

/** Pieces of at most `bytes` bytes with their spare ones, or of the fewest rows that can be one; undefined where it needs no cut. */
export function piecesOf(weight: KernelOperand, bytes: number): readonly Piece[] | undefined {
  const { shape } = weight;
  const each = rowBytes(weight);
  if (each === undefined) return undefined;
  const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const room = Math.min(Math.floor((bytes - spareBytes) / each), Math.floor(mostValues / shape[shape.length - 1]!));
  if (rows <= room) return undefined;
  const units = unitsOf(shape);
  const unit = units.find((few) => few <= room) ?? units[units.length - 1]!;
  const most = Math.max(1, Math.floor(room / unit)) * unit;
  return Array.from({ length: Math.ceil(rows / most) }, (_, index) => ({ first: index * most, rows: Math.min(most, rows - index * most) }));
}
