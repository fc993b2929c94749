// Features of the last axis.
import type { SliceAttributes } from '../../../ops/slice.js';
import type { Operator } from './operator.js';

export const slice: Operator<SliceAttributes> = ({ e, input, attributes: { begin, end } }) => [
  e.one('Slice', [input(0), e.integers([begin]), e.integers([end]), e.integers([-1])]),
];
