// Weighted sum of the experts' answers: x (tokens, k, width), weights (tokens, k) -> (tokens, width).
import type { Op } from './op.js';
import { f32, present } from './rule.js';

export const expertSum: Op<Record<string, never>> = {
  inputs: ['x', 'weights'],
  outputs: ['y'],
  infer([x, weights]) {
    present('expert-sum', 'weights', weights);
    const { shape } = present('expert-sum', 'x', x);
    return [f32([shape[0]!, shape[2]!])];
  },
  reference([x, weights], [y]) {
    const [tokens, perToken, width] = x!.shape as [number, number, number];
    y!.data.fill(0);
    for (let token = 0; token < tokens; token++) {
      for (let choice = 0; choice < perToken; choice++) {
        const row = token * perToken + choice;
        for (let i = 0; i < width; i++) y!.data[token * width + i]! += weights!.data[row]! * x!.data[row * width + i]!;
      }
    }
  },
  cases: [
    {
      inputs: [
        { kind: 'activation', shape: [1, 2, 48] },
        { kind: 'activation', shape: [1, 2] },
      ],
      attributes: {},
    },
    {
      inputs: [
        { kind: 'activation', shape: [5, 3, 37] },
        { kind: 'activation', shape: [5, 3] },
      ],
      attributes: {},
    },
  ],
  operations: ([x]) => 2 * x!.data.length,
};
