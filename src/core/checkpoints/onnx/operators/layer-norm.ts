// Layer normalization over the last axis; operator sets before 17 have no node for it.
import type { NormAttributes } from '../../../ops/rms-norm.js';
import { lastMean } from './last-mean.js';
import type { Operator } from './operator.js';

export const layerNorm: Operator<NormAttributes> = ({ e, input, attributes: { epsilon } }) => {
  const [x, weight, bias] = [input(0), input(1), input(2)];
  if (e.opset >= 17) return [e.one('LayerNormalization', [x, weight, bias], { axis: -1, epsilon: { float: epsilon } })];
  const centred = e.one('Sub', [x, lastMean(e, x)]);
  const variance = lastMean(e, e.one('Pow', [centred, e.float(2)]));
  const root = e.one('Sqrt', [e.one('Add', [variance, e.float(epsilon)])]);
  return [e.one('Add', [e.one('Mul', [e.one('Div', [centred, root]), weight]), bias])];
};
