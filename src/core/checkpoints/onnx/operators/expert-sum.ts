// The weighted sum of the experts' answers.
import type { Operator } from './operator.js';

export const expertSum: Operator = ({ e, input }) => {
  const weighted = e.one('Mul', [input(0), e.one('Unsqueeze', [input(1), e.integers([2])])]);
  return [e.one('ReduceSum', [weighted, e.integers([1])], { keepdims: 0 })];
};
