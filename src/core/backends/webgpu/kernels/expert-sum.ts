// The experts' answers, weighted and added.
import type { Kernel } from '../kernel.js';
import { lastOf, lengthOf, perItem, plain } from './shapes.js';

export const expertSum: Kernel = {
  buffers: [],
  variant: (_call, device) => plain('expert-sum', device),
  params: ({ inputs: [, weights], outputs: [y] }) => ({ count: lengthOf(y), width: lastOf(y), choices: lastOf(weights) }),
  grid: ({ outputs: [y] }, variant) => perItem(lengthOf(y), variant),
};
