// Chosen rows: x (tokens, width), rows (n) -> (n, width).
import type { Op } from './op.js';
import { f32, present } from './rule.js';

export const gather: Op<Record<string, never>> = {
  inputs: ['x', 'rows'],
  outputs: ['y'],
  infer: ([x, rows]) => [f32([...present('gather', 'rows', rows).shape, present('gather', 'x', x).shape[1]!])],
  reference([x, rows], [y]) {
    const width = x!.shape[1]!;
    rows!.data.forEach((row, at) => y!.data.set(x!.data.subarray(row * width, (row + 1) * width) as Float64Array, at * width));
  },
  cases: [
    {
      inputs: [
        { kind: 'activation', shape: [6, 33] },
        { kind: 'integers', shape: [3], values: [5, 0, 5] },
      ],
      attributes: {},
      tolerance: 0,
    },
    {
      inputs: [
        { kind: 'activation', shape: [1, 64] },
        { kind: 'integers', shape: [1], values: [0] },
      ],
      attributes: {},
      tolerance: 0,
    },
  ],
  operations: () => 0,
};
