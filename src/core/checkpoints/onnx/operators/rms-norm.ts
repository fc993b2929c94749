// x / sqrt(mean(x^2) + epsilon) * w, in the steps that runtimes know how to fuse; operator sets before 23 have no node for it.
import type { NormAttributes } from '../../../ops/rms-norm.js';
import { lastMean } from './last-mean.js';
import type { Operator } from './operator.js';

export const rmsNorm: Operator<NormAttributes> = ({ e, input, attributes: { epsilon } }) => {
  const x = input(0);
  const mean = lastMean(e, e.one('Pow', [x, e.float(2)]));
  const root = e.one('Sqrt', [e.one('Add', [mean, e.float(epsilon)])]);
  return [e.one('Mul', [e.one('Div', [x, root]), input(1)])];
};
