// Layer normalization over the last axis.
import type { NormAttributes } from '../../../ops/rms-norm.js';
import type { Operator } from './operator.js';

export const layerNorm: Operator<NormAttributes> = ({ e, input, attributes: { epsilon } }) => [
  e.one('LayerNormalization', [input(0), input(1), input(2)], { axis: -1, epsilon: { float: epsilon } }),
];
