// The k largest of each row in falling order, with their indices; ties go to the lowest index.
import type { Op } from './op.js';
import { f32, i32, leading, present, rowsOf } from './rule.js';

export type TopKAttributes = { readonly k: number };

export const topK: Op<TopKAttributes> = {
  inputs: ['x'],
  outputs: ['values', 'indices'],
  infer([x], { k }) {
    const shape = [...leading(present('top-k', 'x', x).shape), k];
    return [f32(shape), i32(shape)];
  },
  reference([x], [values, indices], { k }) {
    const { rows, width } = rowsOf(x!);
    for (let row = 0; row < rows; row++) {
      const order = Array.from({ length: width }, (_, i) => i).sort(
        (left, right) => x!.data[row * width + right]! - x!.data[row * width + left]! || left - right,
      );
      for (let rank = 0; rank < k; rank++) {
        values!.data[row * k + rank] = x!.data[row * width + order[rank]!]!;
        indices!.data[row * k + rank] = order[rank]!;
      }
    }
  },
  cases: [
    { inputs: [{ kind: 'activation', shape: [5, 8] }], attributes: { k: 2 }, tolerance: 0 },
    { inputs: [{ kind: 'activation', shape: [1, 128] }], attributes: { k: 8 }, tolerance: 0 },
    { inputs: [{ kind: 'activation', shape: [2, 4], values: [1, 3, 3, 3, 2, 2, 1, 2] }], attributes: { k: 3 }, tolerance: 0 },
  ],
  operations: ([x]) => x!.data.length,
};
