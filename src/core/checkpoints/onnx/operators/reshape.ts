// The same values under another shape, of which a step decides at most one side.
import type { ReshapeAttributes } from '../../../ops/reshape.js';
import { open, type Operator } from './operator.js';

export const reshape: Operator<ReshapeAttributes> = ({ e, input, attributes: { shape } }) => [e.one('Reshape', [input(0), e.integers(open(shape))])];
