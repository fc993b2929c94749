// y = x / sqrt(mean(x^2) + epsilon) * w over the last axis: x (..., width), w (width) (Zhang and Sennrich 2019, eq. 4).
import type { Op } from './op.js';
import { f32, last, need, present, rowsOf } from './rule.js';

export type NormAttributes = { readonly epsilon: number };

export const rmsNorm: Op<NormAttributes> = {
  inputs: ['x', 'weight'],
  outputs: ['y'],
  infer([x, weight]) {
    const { shape } = present('rms-norm', 'x', x);
    need('rms-norm', 'weight', present('rms-norm', 'weight', weight).shape, [last(shape)]);
    return [f32(shape)];
  },
  reference([x, weight], [y], { epsilon }) {
    const { rows, width } = rowsOf(x!);
    for (let row = 0; row < rows; row++) {
      const at = row * width;
      let square = 0;
      for (let i = 0; i < width; i++) square += x!.data[at + i]! ** 2;
      const scale = 1 / Math.sqrt(square / width + epsilon);
      for (let i = 0; i < width; i++) y!.data[at + i] = x!.data[at + i]! * scale * weight!.data[i]!;
    }
  },
  cases: [
    {
      inputs: [
        { kind: 'activation', shape: [1, 64] },
        { kind: 'weight', shape: [64] },
      ],
      attributes: { epsilon: 1e-5 },
    },
    {
      inputs: [
        { kind: 'activation', shape: [7, 100] },
        { kind: 'weight', shape: [100] },
      ],
      attributes: { epsilon: 1e-6 },
    },
    {
      inputs: [
        { kind: 'activation', shape: [3, 4, 10] },
        { kind: 'weight', shape: [10] },
      ],
      attributes: { epsilon: 1e-6 },
    },
    {
      inputs: [
        { kind: 'activation', shape: [2, 2048] },
        { kind: 'weight', shape: [2048] },
      ],
      attributes: { epsilon: 1e-5 },
    },
  ],
  operations: ([x]) => 4 * x!.data.length,
};
