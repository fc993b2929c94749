// An invocation for each channel.
import type { Kernel } from '../kernel.js';
import { lastOf, perItem, plain } from './shapes.js';

export const selectiveScan: Kernel = {
  buffers: [{ operand: 'state', written: true }],
  variant: (_call, device) => plain('selective-scan', device),
  params: ({ inputs: [x, , a] }) => ({ tokens: x!.shape[0]!, channels: lastOf(x), states: lastOf(a) }),
  grid: ({ inputs: [x] }, variant) => perItem(lastOf(x), variant),
};
