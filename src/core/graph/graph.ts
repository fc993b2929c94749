// The second noun at the centre: an array of nodes of plain data. Values are weights, constants, step inputs, states or activations.
import type { Attributes, ValueType } from '../ops/op.js';
import type { OpName } from '../ops/index.js';

/** Where a value comes from when no op makes it. */
export const leaves = ['weight', 'constant', 'input', 'state'] as const;
export type Leaf = (typeof leaves)[number];

/** An output of an earlier node. */
export interface Value {
  readonly node: number;
  readonly output: number;
}

export interface Node {
  readonly op: OpName | Leaf;
  readonly inputs: readonly (Value | undefined)[];
  /** A leaf has the one attribute `name`. */
  readonly attributes: Attributes;
  readonly outputs: readonly ValueType[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  /** Values that outlive a step, by name: logits, and whatever calibration or distillation taps. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** What a caller gives with every step; all int32. */
export const stepInputs = {
  ids: ['tokens'],
  positions: ['tokens'],
  /** Which sequence of the step a token belongs to: a row of `tables` and an entry of `slots`. Tokens of one sequence stand together, in order. */
  sequences: ['tokens'],
  /** Pages of each sequence, in order of position. */
  tables: ['sequences', 'table'],
  /** Tokens whose outputs are wanted. */
  rows: ['rows'],
  /** State slot of each sequence, for recurrent states. */
  slots: ['sequences'],
} as const;
export type StepInputName = keyof typeof stepInputs;
export const stepInputNames = Object.keys(stepInputs) as readonly StepInputName[];

export const isLeaf = (op: Node['op']): op is Leaf => (leaves as readonly string[]).includes(op);
export const leafName = (node: Node): string => node.attributes['name'] as string;
