// Matrix products: a workgroup on a row for few tokens, tiles for many, one invocation an output for shapes that fit neither.
import type { LinearAttributes } from '../../../ops/linear.js';
import type { Kernel } from '../kernel.js';
import { decoding, folded, lastOf, lengthOf, perItem, plain, rowsOf, summing } from './shapes.js';

/** Tokens up to which a row's lanes are better used on its columns than on a tile. */
const fewTokens = 4;
const tile = 32;
const rowsEach = 2;

export const linear: Kernel<LinearAttributes> = {
  buffers: [{ operand: 'weight' }],
  variant({ inputs: [x, weight, bias], attributes: { transposed } }, device) {
    const { uses, inRuns } = decoding(weight!, lastOf(x));
    const has_bias = bias === undefined ? 0 : 1;
    if (transposed || !inRuns) return plain('linear-any', device, uses, { has_bias, transposed: transposed ? 1 : 0 });
    if (rowsOf(x) <= fewTokens) return summing('linear-vector', device, uses, { has_bias, rows_each: rowsEach });
    return plain('linear-matrix', device, uses, { has_bias, lanes: 64 });
  },
  params: ({ inputs: [x], outputs: [y] }) => ({ tokens: rowsOf(x), rows: lastOf(y), columns: lastOf(x), outputs: lengthOf(y) }),
  grid({ inputs: [x], outputs: [y] }, variant) {
    const [tokens, rows] = [rowsOf(x), lastOf(y)];
    if (variant.source === 'linear-matrix') return [Math.ceil(rows / tile), Math.ceil(tokens / tile), 1];
    if (variant.source === 'linear-any') return perItem(lengthOf(y), variant);
    const [across, down] = folded(Math.ceil(rows / rowsEach));
    return [across, down, tokens];
  },
};
