// Each token through its own k experts: x (tokens, in) or (tokens, k, in), W (experts, out, in), chosen (tokens, k) -> (tokens, k, out).
import type { Op, OpCase } from './op.js';
import type { NumberFormatKey } from '../numbers/index.js';
import { f32, last, present, weightTolerance } from './rule.js';

type None = Record<string, never>;

const caseOf = (tokens: number, perChoice: boolean, chosen: readonly number[], format: NumberFormatKey): OpCase<None> => ({
  inputs: [
    { kind: 'activation', shape: perChoice ? [tokens, 2, 256] : [tokens, 256] },
    { kind: 'weight', shape: [4, 24, 256], format },
    { kind: 'integers', shape: [tokens, 2], values: chosen },
  ],
  attributes: {},
  tolerance: weightTolerance(format),
});
const choices = [1, 3, 0, 1, 2, 1, 3, 2, 1, 0];

export const linearExperts: Op<None> = {
  inputs: ['x', 'weight', 'chosen'],
  outputs: ['y'],
  infer([x, weight, chosen]) {
    present('linear-experts', 'x', x);
    return [f32([...present('linear-experts', 'chosen', chosen).shape, present('linear-experts', 'weight', weight).shape[1]!])];
  },
  reference([x, w, chosen], [y]) {
    const [, out, width] = w!.shape as [number, number, number];
    const perToken = chosen!.shape[1]!;
    const shared = x!.shape.length === 2;
    chosen!.data.forEach((expert, choice) => {
      const row = shared ? Math.floor(choice / perToken) : choice;
      for (let o = 0; o < out; o++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += x!.data[row * width + i]! * w!.data[(expert * out + o) * width + i]!;
        y!.data[choice * out + o] = sum;
      }
    });
  },
  cases: [
    caseOf(1, false, [3, 0], 'f32'),
    caseOf(5, false, choices, 'f32'),
    caseOf(5, true, choices, 'f16'),
    caseOf(5, true, choices, 'q8-0'),
    caseOf(5, false, choices, 'q4-k'),
    caseOf(1, true, [2, 1], 'q4-0'),
  ],
  operations: ([x, w, chosen]) => 2 * chosen!.data.length * w!.shape[1]! * (last(x!.shape) as number),
};
