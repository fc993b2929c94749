// Rows of a table chosen by token ids: ids (tokens), table (vocabulary, width) -> (tokens, width).
import type { NumberFormatKey } from '../numbers/index.js';
import type { Op, OpCase } from './op.js';
import { f32, present } from './rule.js';

const exact: readonly NumberFormatKey[] = ['f32', 'f16', 'bf16'];
const weights: readonly NumberFormatKey[] = [...exact, 'q4-0', 'q8-0', 'q4-k', 'q6-k'];

const caseOf = (width: number, format: NumberFormatKey): OpCase<Record<string, never>> => ({
  inputs: [
    { kind: 'integers', shape: [5], values: [0, 6, 3, 3, 1] },
    { kind: 'weight', shape: [7, width], format },
  ],
  attributes: {},
  tolerance: 0,
});

export const embed: Op<Record<string, never>> = {
  inputs: ['ids', 'table'],
  outputs: ['rows'],
  infer: ([ids, table]) => [f32([...present('embed', 'ids', ids).shape, present('embed', 'table', table).shape[1]!])],
  reference([ids, table], [out]) {
    const width = table!.shape[1]!;
    ids!.data.forEach((id, row) => out!.data.set(table!.data.subarray(id * width, (id + 1) * width) as Float64Array, row * width));
  },
  // Of whole blocks of every format, and of none.
  cases: [...weights.map((format) => caseOf(512, format)), ...exact.map((format) => caseOf(33, format))],
  operations: () => 0,
};
