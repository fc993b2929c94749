// Rows of a table chosen by token ids: ids (tokens), table (vocabulary, width) -> (tokens, width).
import type { Op } from './op.js';
import { f32, present } from './rule.js';

const weights = ['f32', 'f16', 'bf16', 'q4-0', 'q8-0', 'q4-k', 'q6-k'] as const;

export const embed: Op<Record<string, never>> = {
  inputs: ['ids', 'table'],
  outputs: ['rows'],
  infer: ([ids, table]) => [f32([...present('embed', 'ids', ids).shape, present('embed', 'table', table).shape[1]!])],
  reference([ids, table], [out]) {
    const width = table!.shape[1]!;
    ids!.data.forEach((id, row) => out!.data.set(table!.data.subarray(id * width, (id + 1) * width) as Float64Array, row * width));
  },
  cases: weights.map((format) => ({
    inputs: [
      { kind: 'integers', shape: [5], values: [0, 6, 3, 3, 1] },
      { kind: 'weight', shape: [7, 512], format },
    ],
    attributes: {},
    tolerance: 0,
  })),
  operations: () => 0,
};
