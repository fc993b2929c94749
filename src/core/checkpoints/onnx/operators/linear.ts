// y = x W^T + b as Gemm, which reads W either way round, so that no weight is turned.
import type { LinearAttributes } from '../../../ops/linear.js';
import { fixed, open, type Operator } from './operator.js';

export const linear: Operator<LinearAttributes> = ({ e, input, has, type, attributes: { transposed } }) => {
  const x = type(0).shape;
  const [tensor, out] = [input(1), fixed(type(1))[transposed ? 1 : 0]!];
  const rows = x.length === 2 ? input(0) : e.one('Reshape', [input(0), e.integers([-1, x.at(-1) as number])]);
  const y = e.one('Gemm', [rows, tensor, ...(has(2) ? [input(2)] : [])], { transB: transposed ? 0 : 1 });
  return [x.length === 2 ? y : e.one('Reshape', [y, e.integers([...open(x.slice(0, -1)), out])])];
};
