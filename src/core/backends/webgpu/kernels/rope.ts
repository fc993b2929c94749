// Pairs of features turned by a table of cosines and sines that the CPU makes for every step.
import type { RopeAttributes } from '../../../ops/rope.js';
import type { Call, Kernel, KernelOperand } from '../kernel.js';
import { lastOf, lengthOf, perItem, plain } from './shapes.js';

interface Turn {
  readonly scale: number;
}

/** Of each token, the cosine and sine of each of its angles, times the scale. */
export const ropeTable = {
  reads: ['positions', 'frequencies'],
  length: ([positions, frequencies]: readonly KernelOperand[]) => lengthOf(positions) * lengthOf(frequencies) * 2,
  fill({ scale }: Turn, [positions, frequencies]: readonly (Int32Array | Float32Array)[], target: Float32Array) {
    let at = 0;
    for (const position of positions!) {
      for (const frequency of frequencies!) {
        const angle = position * frequency;
        target[at++] = Math.cos(angle) * scale;
        target[at++] = Math.sin(angle) * scale;
      }
    }
  },
};

/** A pair for each turn, an invocation for each feature that is passed. */
const invocations = ({ inputs: [x, , frequencies] }: Call<RopeAttributes>): number => (lengthOf(x) / lastOf(x)) * (lastOf(x) - lengthOf(frequencies));

export const rope: Kernel<RopeAttributes> = {
  buffers: [],
  variant: ({ attributes: { style } }, device) => plain('rope', device, [], { pair_step: style === 'half' ? 1 : 2 }),
  params: (call) => ({
    count: invocations(call),
    heads: call.inputs[0]!.shape[1]!,
    width: lastOf(call.inputs[0]),
    turns: lengthOf(call.inputs[2]),
  }),
  grid: (call, variant) => perItem(invocations(call), variant),
  table: ropeTable,
};
