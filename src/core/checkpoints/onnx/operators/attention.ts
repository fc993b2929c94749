// softmax(scale * q k^T + mask) v over caches (batch, groups, past + sequence, width). Queries that share a group stand below one another,
// so that grouped heads cost no copy of keys and values.
import type { AttentionAttributes } from '../../../ops/attention.js';
import { fixed, type Operator } from './operator.js';

export const attention: Operator<AttentionAttributes> = ({ e, step, input, type, attributes: { scale, window } }) => {
  const [heads, width] = fixed(type(0)) as [number, number];
  const [groups, valueWidth] = fixed(type(2)).slice(-2) as [number, number];
  const scope = '/attention';
  const mask = step.mask(window);
  e.begin(scope);
  const grouped = (x: string, last: number): string => (groups === heads ? x : e.one('Reshape', [x, e.integers([0, groups, -1, last])]));
  const ungrouped = (x: string, last: number): string => (groups === heads ? x : e.one('Reshape', [x, e.integers([0, heads, -1, last])]));

  const queries = grouped(step.split(e.one('Mul', [input(0), e.float(scale)]), heads, width), width);
  const scores = ungrouped(e.one('MatMul', [queries, e.one('Transpose', [input(1)], { perm: [0, 1, 3, 2] })]), 0);
  const weights = grouped(e.one('Softmax', [e.one('Add', [scores, mask])], { axis: -1 }), 0);
  return [step.merge(ungrouped(e.one('MatMul', [weights, input(2)]), valueWidth), heads, valueWidth)];
};
