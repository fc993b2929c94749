// Each choice of a token through its expert's rows.
import type { Kernel } from '../kernel.js';
import { decoding, folded, lastOf, lengthOf, summing } from './shapes.js';

export const linearExperts: Kernel = {
  buffers: [{ operand: 'weight' }],
  variant: ({ inputs: [x, weight] }, device) => summing('linear-experts', device, decoding(weight!, lastOf(x)).uses),
  params: ({ inputs: [x, , chosen], outputs: [y] }) => ({ rows: lastOf(y), columns: lastOf(x), each: x!.shape.length === 2 ? lastOf(chosen) : 1 }),
  grid({ inputs: [, , chosen], outputs: [y] }) {
    const [across, down] = folded(lastOf(y));
    return [across, down, lengthOf(chosen)];
  },
};
