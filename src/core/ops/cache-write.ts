// Puts each token's rows at its place in a paged state: state (pages, pageSize, heads, width), x (tokens, heads, width).
import type { Op } from './op.js';
import { pagedRow, present, scatteredTables } from './rule.js';

export const cacheWrite: Op<Record<string, never>> = {
  inputs: ['state', 'x', 'positions', 'sequences', 'tables'],
  outputs: ['state'],
  aliases: { 0: 0 },
  infer: ([state]) => [present('cache-write', 'state', state)],
  reference([state, x, positions, sequences, tables]) {
    const [, pageSize, heads, width] = state!.shape as [number, number, number, number];
    const rowLength = heads * width;
    positions!.data.forEach((position, token) => {
      const row = pagedRow(tables!, sequences!.data[token]!, position, pageSize);
      state!.data.set(x!.data.subarray(token * rowLength, (token + 1) * rowLength) as Float64Array, row * rowLength);
    });
  },
  cases: (['f32', 'f16'] as const).map((format) => ({
    inputs: [
      { kind: 'state', shape: [6, 4, 2, 8], format },
      { kind: 'activation', shape: [5, 2, 8] },
      { kind: 'integers', shape: [5], values: [3, 4, 5, 0, 1] },
      { kind: 'integers', shape: [5], values: [0, 0, 0, 1, 1] },
      scatteredTables,
    ],
    attributes: {},
    // Half precision keeps 11 bits: (2^-12)^2 / 3 of the value's square.
    tolerance: format === 'f16' ? 1e-7 : 0,
  })),
  operations: () => 0,
};
