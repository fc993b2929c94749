// y = (x - mean) / sqrt(variance + epsilon) * w + b over the last axis, population variance (Ba et al. 2016).
import type { Op } from './op.js';
import type { NormAttributes } from './rms-norm.js';
import { f32, last, need, present, rowsOf } from './rule.js';

export const layerNorm: Op<NormAttributes> = {
  inputs: ['x', 'weight', 'bias'],
  outputs: ['y'],
  infer([x, weight, bias]) {
    const { shape } = present('layer-norm', 'x', x);
    need('layer-norm', 'weight', present('layer-norm', 'weight', weight).shape, [last(shape)]);
    need('layer-norm', 'bias', present('layer-norm', 'bias', bias).shape, [last(shape)]);
    return [f32(shape)];
  },
  reference([x, weight, bias], [y], { epsilon }) {
    const { rows, width } = rowsOf(x!);
    for (let row = 0; row < rows; row++) {
      const line = x!.data.subarray(row * width, (row + 1) * width) as Float64Array;
      const mean = line.reduce((sum, value) => sum + value, 0) / width;
      const variance = line.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
      const scale = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < width; i++) y!.data[row * width + i] = (line[i]! - mean) * scale * weight!.data[i]! + bias!.data[i]!;
    }
  },
  cases: [
    {
      inputs: [
        { kind: 'activation', shape: [1, 64] },
        { kind: 'weight', shape: [64] },
        { kind: 'weight', shape: [64] },
      ],
      attributes: { epsilon: 1e-5 },
    },
    {
      inputs: [
        { kind: 'activation', shape: [6, 99] },
        { kind: 'weight', shape: [99] },
        { kind: 'weight', shape: [99] },
      ],
      attributes: { epsilon: 1e-5 },
    },
  ],
  operations: ([x]) => 7 * x!.data.length,
};
