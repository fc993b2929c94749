// The source of a conversion, cut into parts that fit in memory: in the order in which roles stand, rows in the order in which they lie.
import { count } from '../../base/shape.js';
import type { Tensor } from '../../checkpoints/checkpoint.js';
import type { Transfer } from '../../families/transfer.js';
import { rowBytes } from './recode.js';
import { numberFormats } from '../../numbers/index.js';

export interface Chunk {
  readonly transfer: Transfer;
  readonly source: Tensor;
  readonly rows: number;
  readonly columns: number;
  /** Rows of the source tensor that come before, and rows of the role's earlier tensors. */
  readonly begin: number;
  readonly before: number;
  readonly isLast: boolean;
}

/** A tensor as a matrix. Vectors whose elements move like rows are a column. */
export function sidesOf(shape: readonly number[], movesRows: boolean): { readonly rows: number; readonly columns: number } {
  const columns = shape.length === 1 ? (movesRows ? 1 : shape[0]!) : (shape.at(-1) ?? 1);
  return { rows: columns === 0 ? 0 : count(shape) / columns, columns };
}

const runOf = ({ steps }: Transfer): number => steps.reduce((run, step) => (step.kind === 'rows' ? Math.max(run, step.order.length) : run), 1);
export const movesRows = ({ steps }: Transfer): boolean => steps.some(({ kind }) => kind === 'rows');
const needsWhole = ({ steps }: Transfer): boolean => steps.some(({ kind }) => kind === 'transpose');

/** `together`: the same role for each output, which share what is read. */
export function* chunksOf(together: readonly Transfer[], chunkBytes: number): Generator<Chunk, void, void> {
  const transfer = together[0]!;
  const run = Math.max(...together.map(runOf));
  const whole = together.some(needsWhole);
  let before = 0;
  for (const [index, source] of transfer.sources.entries()) {
    const { rows, columns } = sidesOf(source.shape, together.some(movesRows));
    const bytes = numberFormats[source.format].planes.reduce((sum, _, plane) => sum + rowBytes(source.format, columns, plane), 0);
    const most = whole ? rows : Math.max(run, Math.floor(chunkBytes / bytes / run) * run);
    for (let begin = 0; begin < rows || begin === 0; begin += most) {
      const part = Math.min(most, rows - begin);
      yield { transfer, source, rows: part, columns, begin, before, isLast: index === transfer.sources.length - 1 && begin + part >= rows };
    }
    before += rows;
  }
}
