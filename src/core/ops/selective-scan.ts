// Mamba's recurrence (Gu and Dao 2023, eq. 2 with zero-order hold on A and Euler on B), in float32 whatever the storage:
// s_t = exp(delta_t a) s_(t-1) + delta_t x_t b_t,  y_t = s_t . c_t + d x_t, per channel with N states.
// x, delta (tokens, channels), a (channels, N), b, c (tokens, N), d (channels), state (slots, channels, N).
import type { Op, OpCase } from './op.js';
import { f32, present } from './rule.js';

const caseOf = (channels: number, states: number, sequences: readonly number[]): OpCase<Record<string, never>> => ({
  inputs: [
    { kind: 'activation', shape: [sequences.length, channels] },
    { kind: 'activation', shape: [sequences.length, channels], positive: true },
    { kind: 'activation', shape: [channels, states] },
    { kind: 'activation', shape: [sequences.length, states] },
    { kind: 'activation', shape: [sequences.length, states] },
    { kind: 'weight', shape: [channels] },
    { kind: 'state', shape: [4, channels, states] },
    { kind: 'integers', shape: [sequences.length], values: sequences },
    { kind: 'integers', shape: [2], values: [2, 0] },
  ],
  attributes: {},
});

export const selectiveScan: Op<Record<string, never>> = {
  inputs: ['x', 'delta', 'a', 'b', 'c', 'd', 'state', 'sequences', 'slots'],
  outputs: ['y', 'state'],
  aliases: { 1: 6 },
  infer: ([x, , , , , , state]) => [f32(present('selective-scan', 'x', x).shape), present('selective-scan', 'state', state)],
  reference([x, delta, a, b, c, d, state, sequences, slots], [y]) {
    const [tokens, channels] = x!.shape as [number, number];
    const states = a!.shape[1]!;
    for (let token = 0; token < tokens; token++) {
      const base = slots!.data[sequences!.data[token]!]! * channels * states;
      for (let channel = 0; channel < channels; channel++) {
        const [input, step] = [x!.data[token * channels + channel]!, delta!.data[token * channels + channel]!];
        let sum = d!.data[channel]! * input;
        for (let n = 0; n < states; n++) {
          const at = base + channel * states + n;
          const next = Math.exp(step * a!.data[channel * states + n]!) * state!.data[at]! + step * input * b!.data[token * states + n]!;
          state!.data[at] = next;
          sum += next * c!.data[token * states + n]!;
        }
        y!.data[token * channels + channel] = sum;
      }
    }
  },
  cases: [caseOf(24, 16, [0]), caseOf(37, 16, [0, 0, 0, 1, 1]), caseOf(8, 5, [1, 0, 0])],
  operations: ([x, , a]) => 7 * x!.data.length * a!.shape[1]!,
};
