// Matrix products: a workgroup on a row for few tokens, tiles for many, one invocation an output for shapes that fit neither.
import type { LinearAttributes } from '../../../ops/linear.js';
import type { Kernel } from '../kernel.js';
import { matrix, matrixGrid } from './linear-matrix.js';
import { decoding, lastOf, lengthOf, perItem, plain, rowsOf } from './shapes.js';
import { given, suitsVector, vector, vectorGrid } from './vector.js';

export const linear: Kernel<LinearAttributes> = {
  buffers: [{ operand: 'weight' }],
  variant({ inputs: [x, weight, bias], outputs: [y], attributes: { transposed } }, device) {
    const { uses, inRuns } = decoding(weight!, lastOf(x));
    const has_bias = given(bias);
    if (transposed || !inRuns) return plain('linear-any', device, uses, { has_bias, transposed: transposed ? 1 : 0 });
    if (suitsVector(x)) return vector('linear-vector', device, { weight }, [lastOf(y)], { has_bias });
    return matrix(device, { x, weight, bias, y });
  },
  params: ({ inputs: [x], outputs: [y] }) => ({ tokens: rowsOf(x), rows: lastOf(y), columns: lastOf(x), outputs: lengthOf(y), residual: 0 }),
  grid({ inputs: [x], outputs: [y] }, variant) {
    const [tokens, rows] = [rowsOf(x), lastOf(y)];
    if (variant.source === 'linear-any') return perItem(lengthOf(y), variant);
    return matrixGrid(variant, y) ?? vectorGrid([rows], tokens);
  },
};
