// An invocation for each row: routers' rows are short.
import type { TopKAttributes } from '../../../ops/top-k.js';
import type { Kernel } from '../kernel.js';
import { lastOf, perItem, plain, rowsOf } from './shapes.js';

export const topK: Kernel<TopKAttributes> = {
  buffers: [],
  variant: (_call, device) => plain('top-k', device),
  params: ({ inputs: [x], attributes: { k } }) => ({ rows: rowsOf(x), width: lastOf(x), k }),
  grid: ({ inputs: [x] }, variant) => perItem(rowsOf(x), variant),
};
