// What many operators read of a step: its sizes, the mask of attention, the caches. The graph's tokens are the rows of (batch, sequence), flat.
import type { Emitter, GraphValue } from './emitter.js';

const [batch, sequence, past] = ['batch_size', 'sequence_length', 'past_sequence_length'];
const total = `${past} + ${sequence}`;
/** The least float32: a row of it is uniform after softmax, where -Infinity would be NaN. */
const lowest = -3.4028234663852886e38;

export interface StepValues {
  /** (tokens), int64. */
  ids(): string;
  positions(): string;
  /** (tokens, heads, width) to (batch, heads, sequence, width), and back. */
  split(x: string, heads: number, width: number): string;
  merge(x: string, heads: number, width: number): string;
  /** (tokens, width) to (batch, sequence, width). */
  sequences(x: string, width: number): string;
  /** The same as an output of the model. */
  output(x: string, name: string, width: number): void;
  /** (batch, 1, sequence, past + sequence): 0 where a token may look, the least float elsewhere. */
  mask(window: number): string;
  /** A state that grows: its value so far with `x` (batch, heads, sequence, width) behind it. */
  grow(name: string, x: string, heads: number, width: number): string;
  /** A state of one shape for each sequence: what its past is called, and its present. */
  recurrent(name: string, shape: readonly number[]): readonly [past: string, present: string];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

export function stepValues(e: Emitter): StepValues {
  const inputs: GraphValue[] = [{ name: 'input_ids', type: 'INT64', shape: [batch!, sequence!] }];
  const outputs: GraphValue[] = [];
  const states: GraphValue[] = [];
  const presents: GraphValue[] = [];

  const input = (name: string, shape: GraphValue['shape']): string => {
    if (!inputs.some((known) => known.name === name)) inputs.push({ name, type: 'INT64', shape });
    return name;
  };
  const flat = (name: string): string => e.once(`flat ${name}`, () => e.one('Reshape', [name, e.integers([-1])]));
  /** One side of an input as a vector of one number. */
  const side = (name: string, axis: number): string =>
    e.once(`side ${name} ${axis}`, () => e.one('Slice', [e.one('Shape', [name]), e.integers([axis]), e.integers([axis + 1]), e.integers([0])]));
  const scalar = (vector: string): string => e.one('Squeeze', [vector, e.integers([0])]);
  const shapeOf = (sides: readonly number[]): string =>
    e.once(`shape ${sides.join()}`, () => e.one('Concat', [side('input_ids', 0), e.integers(sides)], { axis: 0 }));
  function makeMask(window: number): string {
    e.begin('/attention_mask');
    const given = input('attention_mask', [batch!, total]);
    const [length, count] = e.once('lengths', () => [scalar(side(given, 1)), scalar(side('input_ids', 1))] as const);
    const keys = e.one('Range', [e.integer(0), length, e.integer(1)]);
    const queries = e.one('Unsqueeze', [e.one('Range', [e.one('Sub', [length, count]), length, e.integer(1)]), e.integers([1])]);
    const causal = e.one('LessOrEqual', [keys, queries]);
    const near = window === 0 ? causal : e.one('And', [causal, e.one('Greater', [keys, e.one('Sub', [queries, e.integer(window)])])]);
    const padded = e.one('Unsqueeze', [e.one('Cast', [given], { to: 9 }), e.integers([1, 2])]);
    return e.one('Where', [e.one('And', [padded, near]), e.float(0), e.float(lowest)]);
  }

  return {
    ids: () => flat('input_ids'),
    positions: () => flat(input('position_ids', [batch!, sequence!])),
    split: (x, heads, width) => e.one('Transpose', [e.one('Reshape', [x, shapeOf([-1, heads, width])])], { perm: [0, 2, 1, 3] }),
    merge: (x, heads, width) => e.one('Reshape', [e.one('Transpose', [x], { perm: [0, 2, 1, 3] }), e.integers([-1, heads, width])]),
    sequences: (x, width) => e.one('Reshape', [x, shapeOf([-1, width])]),
    output(x, name, width) {
      e.node('Reshape', [x, shapeOf([-1, width])], {}, [name]);
      outputs.push({ name, type: 'FLOAT', shape: [batch!, sequence!, width] });
    },
    mask: (window) => e.once(`mask ${window}`, () => makeMask(window)),
    grow(name, x, heads, width) {
      const [before, after] = [`past_key_values.${name}`, `present.${name}`];
      states.push({ name: before, type: 'FLOAT', shape: [batch!, heads, past!, width] });
      presents.push({ name: after, type: 'FLOAT', shape: [batch!, heads, total, width] });
      return e.node('Concat', [before, x], { axis: 2 }, [after])[0]!;
    },
    recurrent(name, shape) {
      const [before, after] = [`past_${name}`, `present_${name}`];
      states.push({ name: before, type: 'FLOAT', shape: [batch!, ...shape] });
      presents.push({ name: after, type: 'FLOAT', shape: [batch!, ...shape] });
      return [before, after];
    },
    get inputs() {
      return [...inputs, ...states];
    },
    get outputs() {
      return [...outputs, ...presents];
    },
  };
}
