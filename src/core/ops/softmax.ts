// softmax over the last axis, in one pass for the maximum and one for the sum.
import type { Op } from './op.js';
import { f32, present, rowsOf } from './rule.js';

export const softmax: Op<Record<string, never>> = {
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [f32(present('softmax', 'x', x).shape)],
  reference([x], [y]) {
    const { rows, width } = rowsOf(x!);
    for (let row = 0; row < rows; row++) {
      const line = x!.data.subarray(row * width, (row + 1) * width) as Float64Array;
      const highest = line.reduce((best, value) => Math.max(best, value), -Infinity);
      const total = line.reduce((sum, value) => sum + Math.exp(value - highest), 0);
      line.forEach((value, i) => {
        y!.data[row * width + i] = Math.exp(value - highest) / total;
      });
    }
  },
  cases: [
    { inputs: [{ kind: 'activation', shape: [1, 8] }], attributes: {} },
    { inputs: [{ kind: 'activation', shape: [9, 33] }], attributes: {} },
    { inputs: [{ kind: 'activation', shape: [1, 3], values: [1000, -1000, 999] }], attributes: {} },
  ],
  operations: ([x]) => 4 * x!.data.length,
};
