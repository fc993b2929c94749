// Features begin..end-1 of the last axis: (..., width) -> (..., end - begin).
import type { Op } from './op.js';
import { f32, leading, present, rowsOf } from './rule.js';

export type SliceAttributes = { readonly begin: number; readonly end: number };

export const slice: Op<SliceAttributes> = {
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { begin, end }) => [f32([...leading(present('slice', 'x', x).shape), end - begin])],
  reference([x], [y], { begin, end }) {
    const { rows, width } = rowsOf(x!);
    for (let row = 0; row < rows; row++) y!.data.set(x!.data.subarray(row * width + begin, row * width + end) as Float64Array, row * (end - begin));
  },
  cases: [
    { inputs: [{ kind: 'activation', shape: [3, 48] }], attributes: { begin: 16, end: 32 }, tolerance: 0 },
    { inputs: [{ kind: 'activation', shape: [1, 35] }], attributes: { begin: 3, end: 35 }, tolerance: 0 },
  ],
  operations: () => 0,
};
