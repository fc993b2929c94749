// Each choice of a token through its expert's rows.
import type { Kernel } from '../kernel.js';
import { heldOf, isPart, lastOf, lengthOf } from './shapes.js';
import { vector, vectorGrid } from './vector.js';

export const linearExperts: Kernel = {
  buffers: [{ operand: 'weight' }],
  variant: ({ inputs: [, weight], outputs: [y] }, device) => vector('linear-experts', device, { weight }, [lastOf(y)], { is_part: isPart(weight) }),
  params({ inputs: [x, weight, chosen], outputs: [y] }) {
    const { first, rows: held } = heldOf(weight);
    return { rows: lastOf(y), columns: lastOf(x), each: x!.shape.length === 2 ? lastOf(chosen) : 1, first, held };
  },
  grid: ({ inputs: [, , chosen], outputs: [y] }) => vectorGrid([lastOf(y)], lengthOf(chosen)),
};
