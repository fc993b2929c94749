// A matrix product that ends with a sum: few tokens in one dispatch, many as the product and then the sum.
import type { LinearAttributes } from '../../../ops/linear.js';
import type { Kernel } from '../kernel.js';
import { heldOf, lastOf, rowsOf } from './shapes.js';
import { given, suitsVector, vector, vectorGrid } from './vector.js';

export const linearAdd: Kernel<LinearAttributes> = {
  buffers: [{ operand: 'weight' }],
  variant: ({ inputs: [, weight, bias], outputs: [y] }, device) =>
    vector('linear-vector', device, { weight }, [lastOf(y)], { has_bias: given(bias), has_residual: 1 }),
  params: ({ inputs: [x, weight], outputs: [y] }) => ({ rows: heldOf(weight).rows, columns: lastOf(x), stride: lastOf(y) }),
  grid: ({ inputs: [x, weight] }) => vectorGrid([heldOf(weight).rows], rowsOf(x)),
  shifts({ inputs: [, weight] }) {
    const { first } = heldOf(weight);
    return { bias: first, residual: first, y: first };
  },
  parts: ({ inputs: [x, , bias], attributes }) =>
    suitsVector(x) && !attributes.transposed
      ? undefined
      : [
          { op: 'linear', inputs: ['x', 'weight', bias && 'bias'], output: 'y', attributes },
          { op: 'map', inputs: ['y', 'residual'], output: 'y', attributes: { expression: ['a', 'b', 'add'] } },
        ],
};
