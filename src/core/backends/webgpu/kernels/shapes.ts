// What kernels' rows share: sizes of operands, workgroup sizes, grids.
import { count } from '../../../base/shape.js';
import { numberFormats } from '../../../numbers/index.js';
import type { NumberFormat } from '../../../numbers/number-format.js';
import type { Capabilities } from '../capabilities.js';
import type { Call, Grid, KernelOperand, Piece, Use, Variant } from '../kernel.js';

export const lengthOf = (operand: KernelOperand | undefined): number => count(operand!.shape);
export const lastOf = (operand: KernelOperand | undefined): number => operand!.shape[operand!.shape.length - 1]!;
export const rowsOf = (operand: KernelOperand | undefined): number => lengthOf(operand) / lastOf(operand);

/** Rows of a weight that a dispatch reads. */
export const heldOf = (weight: KernelOperand | undefined): Piece => weight!.piece ?? { first: 0, rows: rowsOf(weight) };
/** An override of kernels that look whether a row is among those. */
export const isPart = (weight: KernelOperand | undefined): number => (weight!.piece === undefined ? 0 : 1);
export const areSplit = (...weights: readonly (KernelOperand | undefined)[]): boolean => weights.some((weight) => weight!.pieces !== undefined);

/** Software adapters run a workgroup's lanes one after the other and pay for every barrier. */
const lanesOf = ({ isSoftware }: Capabilities): number => (isSoftware ? 32 : 64);

const lanesFile = ({ subgroups }: Capabilities): string => (subgroups === undefined ? 'shared/lanes' : 'shared/lanes-subgroups');

/** A kernel without sums over the workgroup. */
export const plain = (source: string, device: Capabilities, uses: readonly Use[] = [], constants: Variant['constants'] = {}): Variant => ({
  source,
  uses: ['shared/arena', 'shared/lanes', 'shared/grid', ...uses],
  constants: { lanes: lanesOf(device), ...constants },
});

/** A kernel whose workgroup sums. */
export const summing = (source: string, device: Capabilities, uses: readonly Use[] = [], constants: Variant['constants'] = {}): Variant => ({
  source,
  uses: ['shared/arena', lanesFile(device), 'shared/grid', ...uses],
  constants: { lanes: lanesOf(device), ...constants },
});

/** Dispatches have at most 65535 workgroups along a dimension; `unfolded` of shared/grid.wgsl undoes this. */
const fold = 32768;
export const folded = (workgroups: number): Grid => [Math.min(workgroups, fold), Math.ceil(workgroups / fold), 1];

/** One invocation for each of `items`. */
export const perItem = (items: number, { constants }: Variant): Grid => folded(Math.ceil(items / constants['lanes']!));

/** The files that decode a weight, and whether rows of `width` consist of whole runs of 32. */
export function decoding({ format }: KernelOperand, width: number): { readonly uses: readonly Use[]; readonly inRuns: boolean } {
  const uses = ['shared/weight-bytes', `numbers/${format}`];
  return { uses, inRuns: width % 32 === 0 };
}

export const isQuantized = ({ format }: KernelOperand): boolean => format !== 'i32' && (numberFormats[format] as NumberFormat).blockLength > 1;

export const halfState = (operand: KernelOperand | undefined): Variant['constants'] => ({ half_state: operand!.format === 'f16' ? 1 : 0 });

export type { Call };
