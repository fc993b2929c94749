// What matrix products of few tokens share: a workgroup gives four outputs of one token, its lanes share the columns.
import type { Capabilities } from '../capabilities.js';
import type { Grid, KernelOperand, Use, Variant } from '../kernel.js';
import { folded, lastOf, rowsOf, summing } from './shapes.js';

/** Tokens up to which a row's lanes are better used on its columns than on a tile. */
const fewTokens = 4;
const rowsEach = 4;

/** Whether lanes can share the columns: rows of whole runs of 32, of few tokens. */
export const suitsVector = (x: KernelOperand | undefined): boolean => rowsOf(x) <= fewTokens && lastOf(x) % 32 === 0;

/** Weights by their names in the WGSL, each decoded by functions of its own; `rows` are the lengths of all rows that are written. */
export function vector(
  source: string,
  device: Capabilities,
  weights: Readonly<Record<string, KernelOperand | undefined>>,
  rows: readonly number[],
  constants: Variant['constants'] = {},
): Variant {
  const decoders = Object.entries(weights).flatMap(([as, weight]): Use[] =>
    ['shared/weight-bytes', `numbers/${weight!.format}`, 'shared/weight-dots'].map((file) => ({ file, as })),
  );
  const { uses, ...variant } = summing(source, device, ['shared/four-rows', ...decoders], constants);
  const inFours = rows.every((length) => length % rowsEach === 0);
  return { ...variant, uses: uses.map((use) => (use === 'shared/arena' && inFours ? 'shared/arena-wide' : use)) };
}

/** Workgroups for rows of these lengths one after the other, for each of `times`. */
export function vectorGrid(rows: readonly number[], times: number): Grid {
  const [across, down] = folded(rows.reduce((sum, length) => sum + Math.ceil(length / rowsEach), 0));
  return [across, down, times];
}

/** An override that says whether an optional operand is there. */
export const given = (operand: KernelOperand | undefined): number => (operand === undefined ? 0 : 1);
