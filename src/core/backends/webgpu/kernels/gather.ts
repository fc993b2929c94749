// Copies of whole rows.
import type { Kernel } from '../kernel.js';
import { lastOf, lengthOf, perItem, plain } from './shapes.js';

export const gather: Kernel = {
  buffers: [],
  variant: (_call, device) => plain('gather', device),
  params: ({ outputs: [y] }) => ({ count: lengthOf(y), width: lastOf(y) }),
  grid: ({ outputs: [y] }, variant) => perItem(lengthOf(y), variant),
};
