// The source of a conversion, cut into parts that fit in memory: in the order in which roles stand, and lines of the result in the order in
// which they lie.
import { count } from '../../base/shape.js';
import type { Tensor } from '../../checkpoints/checkpoint.js';
import type { Transfer } from '../../families/transfer.js';
import { bitsPerValue } from '../../numbers/number-format.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';

/** Whole rows of a tensor, or where it is to be transposed, the same columns of all of them. */
export interface Chunk {
  readonly transfer: Transfer;
  readonly source: Tensor;
  /** What is read, as a matrix. */
  readonly rows: number;
  readonly columns: number;
  readonly firstRow: number;
  readonly firstColumn: number;
  /** Of the tensor's rows. */
  readonly allColumns: number;
  /** Rows of the role's result that come before. */
  readonly before: number;
}

/** What a role's numbers become in one output. */
export interface Use {
  readonly transfer: Transfer;
  readonly to: NumberFormatKey;
}

/** A tensor as a matrix. Vectors whose elements move like rows are a column. */
export function sidesOf(shape: readonly number[], movesRows: boolean): { readonly rows: number; readonly columns: number } {
  const columns = shape.length === 1 ? (movesRows ? 1 : shape[0]!) : (shape.at(-1) ?? 1);
  return { rows: columns === 0 ? 0 : count(shape) / columns, columns };
}

const runOf = ({ transfer: { steps } }: Use): number =>
  steps.reduce((run, step) => (step.kind === 'rows' ? Math.max(run, step.order.length) : run), 1);
const movesRows = ({ transfer: { steps } }: Use): boolean => steps.some(({ kind }) => kind === 'rows');
export const transposes = ({ transfer: { steps } }: Use): boolean => steps.some(({ kind }) => kind === 'transpose');

export const bytesPerValue = (format: NumberFormatKey): number => bitsPerValue(numberFormats[format]) / 8;

/** Bytes of memory that a value takes on its way, at most: as it is read, as it is after each step, decoded, and as it is written. */
function costOf({ transfer: { sources, steps }, to }: Use): number {
  const from = sources[0]!.format;
  const isComputed = steps.some(({ kind }) => kind === 'values');
  const decoded = from === to && !isComputed ? 0 : 4;
  return bytesPerValue(from) * (1 + steps.length) + decoded + bytesPerValue(to);
}

/** Bytes of memory that a part may take on its whole way, in bytes of its source. */
const costShare = 3;

/** Greatest common divisor. */
const common = (left: number, right: number): number => (right === 0 ? left : common(right, left % right));

/**
 * `together`: the same role for each output, which share what is read; all of them transpose, or none. `chunkBytes`: what a part is of its
 * source; on its whole way it may take some times as much. `gathers`: columns can be read by themselves; without it what is transposed is one part.
 */
export function* chunksOf(together: readonly Use[], chunkBytes: number, gathers: boolean): Generator<Chunk, void, void> {
  const { transfer } = together[0]!;
  const turns = transposes(together[0]!);
  const run = Math.max(...together.map(runOf));
  const cost = together.reduce((sum, use) => sum + costOf(use), 0);
  let before = 0;
  for (const source of transfer.sources) {
    const { rows, columns } = sidesOf(source.shape, together.some(movesRows));
    const lines = turns ? columns : rows;
    // Lines stay together that a step moves, and that share a block.
    const block = turns ? numberFormats[source.format].blockLength : 1;
    const unit = (run * block) / common(run, block);
    const most = turns && !gathers ? lines : Math.max(unit, Math.floor((costShare * chunkBytes) / (cost * (turns ? rows : columns)) / unit) * unit);
    for (let first = 0; first < lines || first === 0; first += most) {
      const part = Math.min(most, lines - first);
      const place = turns ? { rows, columns: part, firstRow: 0, firstColumn: first } : { rows: part, columns, firstRow: first, firstColumn: 0 };
      yield { transfer, source, ...place, allColumns: columns, before: before + first };
    }
    before += lines;
  }
}
