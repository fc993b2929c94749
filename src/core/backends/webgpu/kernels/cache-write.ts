// Rows into the pages of a state.
import { LlmxError } from '../../../base/error.js';
import type { Call, Kernel, Variant } from '../kernel.js';
import { halfState, lastOf, lengthOf, perItem, plain } from './shapes.js';

const rowOf = ({ inputs: [state] }: Call): number => state!.shape[2]! * state!.shape[3]!;
const wordsOf = (call: Call): number => lengthOf(call.inputs[1]) / (call.inputs[0]!.format === 'f16' ? 2 : 1);

export const cacheWrite: Kernel = {
  buffers: [{ operand: 'state', written: true }],
  variant(call, device): Variant {
    if (call.inputs[0]!.format === 'f16' && rowOf(call) % 2 !== 0)
      throw new LlmxError('unsupported', `webgpu: a half-precision cache of odd rows (${rowOf(call)})`, 'Use --cache-type-k f32 --cache-type-v f32');
    return plain('cache-write', device, ['shared/state'], halfState(call.inputs[0]));
  },
  params: (call) => ({ words: wordsOf(call), row: rowOf(call), page: call.inputs[0]!.shape[1]!, table: lastOf(call.inputs[4]) }),
  grid: (call, variant) => perItem(wordsOf(call), variant),
};
