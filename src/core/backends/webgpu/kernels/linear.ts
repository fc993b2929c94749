// Matrix products: a workgroup on a row for few tokens, tiles for many, one invocation an output for shapes that fit neither.
import type { LinearAttributes } from '../../../ops/linear.js';
import type { Kernel } from '../kernel.js';
import { matrix, matrixGrid } from './linear-matrix.js';
import { decoding, heldOf, lastOf, perItem, plain, rowsOf } from './shapes.js';
import { given, suitsVector, vector, vectorGrid } from './vector.js';

export const linear: Kernel<LinearAttributes> = {
  buffers: [{ operand: 'weight' }],
  variant({ inputs: [x, weight, bias], outputs: [y], attributes: { transposed } }, device) {
    const { uses, inRuns } = decoding(weight!, lastOf(x));
    const has_bias = given(bias);
    if (transposed) {
      // Pieces hold columns: each goes on with the sums of the one before it, and the last one ends them.
      const { first, rows } = heldOf(weight);
      const isLast = first + rows === rowsOf(weight);
      return plain('linear-any', device, uses, { has_bias: isLast ? has_bias : 0, transposed: 1, goes_on: first > 0 ? 1 : 0 });
    }
    if (!inRuns) return plain('linear-any', device, uses, { has_bias, transposed: 0, goes_on: 0 });
    if (suitsVector(x)) return vector('linear-vector', device, { weight }, [lastOf(y)], { has_bias });
    return matrix(device, { x, weight, bias, y });
  },
  params({ inputs: [x, weight], outputs: [y], attributes: { transposed } }) {
    const held = heldOf(weight).rows;
    const rows = transposed ? lastOf(y) : held;
    const tokens = rowsOf(x);
    const columns = transposed ? held : lastOf(x);
    return { tokens, rows, columns, outputs: tokens * rows, residual: 0, width: lastOf(x), stride: lastOf(y) };
  },
  grid({ inputs: [x, weight], outputs: [y], attributes: { transposed } }, variant) {
    const [tokens, rows] = [rowsOf(x), transposed ? lastOf(y) : heldOf(weight).rows];
    if (variant.source === 'linear-any') return perItem(tokens * rows, variant);
    return matrixGrid(variant, weight, y) ?? vectorGrid([rows], tokens);
  },
  shifts({ inputs: [, weight], attributes: { transposed } }): Readonly<Record<string, number>> {
    const { first } = heldOf(weight);
    return transposed ? { x: first } : { bias: first, y: first };
  },
};
