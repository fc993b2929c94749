// Helpers that shape rules and reference loops share.
import { LlmxError } from '../base/error.js';
import { sameShape, showShape, type Dimension, type Shape } from '../base/shape.js';
import { numberFormats, type NumberFormatKey } from '../numbers/index.js';
import type { Operand, ValueType } from './op.js';

export const f32 = (shape: Shape): ValueType => ({ shape, format: 'f32' });
export const i32 = (shape: Shape): ValueType => ({ shape, format: 'i32' });

/** The last side of a shape: rows of activations are contiguous along it. */
export const last = (shape: Shape): Dimension => shape[shape.length - 1] ?? 1;

export const leading = (shape: Shape): Shape => shape.slice(0, -1);

export function need(op: string, what: string, actual: Shape, expected: Shape): void {
  if (!sameShape(actual, expected)) throw new LlmxError('internal', `${op}: ${what} is ${showShape(actual)}, expected ${showShape(expected)}`);
}

export function present(op: string, what: string, value: ValueType | undefined): ValueType {
  if (value === undefined) throw new LlmxError('internal', `${op}: ${what} is missing`);
  return value;
}

/** Number of rows (product of all sides but the last) and their length. */
export function rowsOf(operand: Operand): { rows: number; width: number } {
  const width = operand.shape[operand.shape.length - 1] ?? 1;
  return { rows: width === 0 ? 0 : operand.data.length / width, width };
}

/** Where position `position` of sequence `sequence` lies in a paged state: row index over pages x pageSize. */
export function pagedRow(tables: Operand, sequence: number, position: number, pageSize: number): number {
  const pagesPerSequence = tables.shape[1]!;
  const page = tables.data[sequence * pagesPerSequence + Math.floor(position / pageSize)]!;
  return page * pageSize + (position % pageSize);
}

/** A table test's usual pages: sequence 0 on pages 2, 0, 3; sequence 1 on pages 1, 4, 5. */
export const scatteredTables = { kind: 'integers', shape: [2, 3], values: [2, 0, 3, 1, 4, 5] } as const;

/**
 * What a matrix product may differ by (normalised mean square). Quantized weights may meet activations rounded to 8 bits in blocks
 * of 32, as every CPU peer does: about four times the 2.8e-5 that this costs on Gaussian rows. Half-precision weights may meet
 * activations of 16 bits: five times the 2e-8 that their own 11 bits cost already. Float32 weights allow float32 rounding alone.
 */
export function weightTolerance(key: NumberFormatKey): number {
  const { blockLength, name } = numberFormats[key];
  if (blockLength > 1) return 1e-4;
  return name === 'F32' ? 1e-11 : 1e-7;
}
