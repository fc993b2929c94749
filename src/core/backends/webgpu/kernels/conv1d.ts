// An invocation for each channel.
import type { Kernel } from '../kernel.js';
import { lastOf, perItem, plain } from './shapes.js';

export const conv1d: Kernel = {
  buffers: [{ operand: 'state', written: true }],
  variant: ({ inputs: [, , bias] }, device) => plain('conv1d', device, [], { has_bias: bias === undefined ? 0 : 1 }),
  params: ({ inputs: [x, weight] }) => ({ tokens: x!.shape[0]!, channels: lastOf(x), kernel: lastOf(weight) }),
  grid: ({ inputs: [x] }, variant) => perItem(lastOf(x), variant),
};
