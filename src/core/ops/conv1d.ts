// Causal depthwise convolution with carried state: x (tokens, channels), weight (channels, kernel), state (slots, kernel - 1, channels).
// y_t = b + sum_j w_j x_(t - kernel + 1 + j) within the token's own sequence; the state keeps its last kernel - 1 rows, oldest first.
// Tokens of one sequence stand together and in order.
import type { Op, OpCase } from './op.js';
import { f32, present } from './rule.js';

const caseOf = (channels: number, kernel: number, sequences: readonly number[], bias: boolean): OpCase<Record<string, never>> => ({
  inputs: [
    { kind: 'activation', shape: [sequences.length, channels] },
    { kind: 'activation', shape: [channels, kernel] },
    bias ? { kind: 'weight', shape: [channels] } : undefined,
    { kind: 'state', shape: [4, kernel - 1, channels] },
    { kind: 'integers', shape: [sequences.length], values: sequences },
    { kind: 'integers', shape: [2], values: [3, 1] },
  ],
  attributes: {},
});

export const conv1d: Op<Record<string, never>> = {
  inputs: ['x', 'weight', 'bias?', 'state', 'sequences', 'slots'],
  outputs: ['y', 'state'],
  aliases: { 1: 3 },
  infer: ([x, , , state]) => [f32(present('conv1d', 'x', x).shape), present('conv1d', 'state', state)],
  reference([x, weight, bias, state, sequences, slots], [y]) {
    const [tokens, channels] = x!.shape as [number, number];
    const kernel = weight!.shape[1]!;
    const keep = kernel - 1;
    for (let token = 0; token < tokens; token++) {
      const base = slots!.data[sequences!.data[token]!]! * keep * channels;
      for (let channel = 0; channel < channels; channel++) {
        const now = x!.data[token * channels + channel]!;
        let sum = (bias?.data[channel] ?? 0) + now * weight!.data[channel * kernel + keep]!;
        for (let j = 0; j < keep; j++) sum += state!.data[base + j * channels + channel]! * weight!.data[channel * kernel + j]!;
        y!.data[token * channels + channel] = sum;
        for (let j = 0; j + 1 < keep; j++) state!.data[base + j * channels + channel] = state!.data[base + (j + 1) * channels + channel]!;
        if (keep > 0) state!.data[base + (keep - 1) * channels + channel] = now;
      }
    }
  },
  cases: [caseOf(40, 4, [0], true), caseOf(33, 4, [0, 0, 0, 0, 0, 1, 1], true), caseOf(16, 3, [1, 1, 0], false), caseOf(21, 1, [0, 1], true)],
  operations: ([x, weight]) => 2 * x!.data.length * weight!.shape[1]!,
};
