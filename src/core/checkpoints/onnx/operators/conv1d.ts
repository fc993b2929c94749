// Causal depthwise convolution behind the last inputs of the past. As Transformers keeps it, the state is (batch, channels, kernel).
import { fixed, type Operator } from './operator.js';

/** No slice ends later. */
const end = 2 ** 31 - 1;

export const conv1d: Operator = ({ e, step, input, has, type, stateName }) => {
  const [channels, kernel] = fixed(type(1)) as [number, number];
  const [past, present] = step.recurrent(stateName(3), [channels, kernel]);
  const x = e.one('Transpose', [step.sequences(input(0), channels)], { perm: [0, 2, 1] });
  const all = e.one('Concat', [past, x], { axis: 2 });
  const from = (begin: number): readonly string[] => [all, e.integers([begin]), e.integers([end]), e.integers([2])];
  e.node('Slice', from(-kernel), {}, [present]);
  const weight = e.one('Unsqueeze', [input(1), e.integers([1])]);
  const y = e.one('Conv', [e.one('Slice', from(1)), weight, ...(has(2) ? [input(2)] : [])], { group: channels });
  return [e.one('Reshape', [e.one('Transpose', [y], { perm: [0, 2, 1] }), e.integers([-1, channels])]), present];
};
