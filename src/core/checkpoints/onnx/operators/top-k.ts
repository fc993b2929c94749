// The k largest in falling order; ONNX too gives ties to the lowest index.
import type { TopKAttributes } from '../../../ops/top-k.js';
import type { Operator } from './operator.js';

export const topK: Operator<TopKAttributes> = ({ e, input, attributes: { k } }) => e.node('TopK', [input(0), e.integers([k])], { axis: -1 }, 2);
