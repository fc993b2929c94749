// Copies of parts of rows.
import type { SliceAttributes } from '../../../ops/slice.js';
import type { Kernel } from '../kernel.js';
import { lastOf, lengthOf, perItem, plain } from './shapes.js';

export const slice: Kernel<SliceAttributes> = {
  buffers: [],
  variant: (_call, device) => plain('slice', device),
  params: ({ inputs: [x], outputs: [y], attributes: { begin } }) => ({ count: lengthOf(y), width: lastOf(x), begin, kept: lastOf(y) }),
  grid: ({ outputs: [y] }, variant) => perItem(lengthOf(y), variant),
};
