// Mamba's recurrence as a Scan over the sequence: its state, (batch, channels, N), is carried from step to step.
import type { Emitter, Graph, GraphValue } from '../emitter.js';
import { fixed, type Operator } from './operator.js';

const float = (name: string, width: readonly number[]): GraphValue => ({ name, type: 'FLOAT', shape: ['batch_size', ...width] });

/** One step: s' = exp(delta a) s + delta x b and y = s' . c, of x and delta (batch, channels), b and c (batch, N). */
function body(outer: Emitter, channels: number, states: number, a: string): Graph {
  const e = outer.inner();
  e.begin(outer.name('step'));
  const column = (x: string): string => e.one('Unsqueeze', [x, e.integers([2])]);
  const row = (x: string): string => e.one('Unsqueeze', [x, e.integers([1])]);
  const [state, x, delta, b, c] = ['state', 'x', 'delta', 'b', 'c'].map((word) => e.name(word)) as [string, string, string, string, string];
  const [next, y] = [e.name('next'), e.name('y')];
  const kept = e.one('Mul', [e.one('Exp', [e.one('Mul', [column(delta), a])]), state]);
  const added = e.one('Mul', [column(e.one('Mul', [delta, x])), row(b)]);
  e.node('Add', [kept, added], {}, [next]);
  e.node('ReduceSum', [e.one('Mul', [next, row(c)]), e.integers([2])], { keepdims: 0 }, [y]);
  return {
    name: 'step',
    nodes: e.nodes,
    inputs: [float(state, [channels, states]), ...[x, delta].map((name) => float(name, [channels])), ...[b, c].map((name) => float(name, [states]))],
    outputs: [float(next, [channels, states]), float(y, [channels])],
  };
}

export const selectiveScan: Operator = ({ e, step, input, type, stateName }) => {
  const [channels, states] = fixed(type(2)) as [number, number];
  const [past, present] = step.recurrent(stateName(6), [channels, states]);
  const scanned = [
    step.sequences(input(0), channels),
    step.sequences(input(1), channels),
    step.sequences(input(3), states),
    step.sequences(input(4), states),
  ];
  const y = e.name('y');
  e.node(
    'Scan',
    [past, ...scanned],
    { num_scan_inputs: 4, scan_input_axes: [1, 1, 1, 1], scan_output_axes: [1], body: body(e, channels, states, input(2)) },
    [present, y],
  );
  const direct = e.one('Mul', [input(0), input(5)]);
  return [e.one('Add', [e.one('Reshape', [y, e.integers([-1, channels])]), direct]), present];
};
