// How one op of a step graph is said in ONNX: nodes of the standard operators, over values that are named.
import type { Attributes, ValueType } from '../../../ops/op.js';
import type { TensorPlan } from '../../planned-file.js';
import type { Emitter } from '../emitter.js';
import type { StepValues } from '../step-values.js';

export interface OperatorContext<A extends Attributes = Attributes> {
  readonly e: Emitter;
  readonly step: StepValues;
  readonly attributes: A;
  /** An input's value: float32, or int64. Weights of other formats are widened. */
  input(index: number): string;
  has(index: number): boolean;
  type(index: number): ValueType;
  /** The tensors that a weight is, as they are stored. */
  stored(index: number): readonly TensorPlan[];
  /** A stored tensor's values as float32; `rows` is a part of them that was chosen before. */
  widen(tensor: TensorPlan, rows?: string): string;
  /** What the runtime calls the state that an input is, or comes from: `0.key`. */
  stateName(index: number): string;
  /** The name of the leaf that an input is; undefined for what a node makes. */
  leaf(index: number): string | undefined;
}

/** Returns the names of the op's outputs. */
export type Operator<A extends Attributes = Attributes> = (context: OperatorContext<A>) => readonly string[];

/** The sides of a shape that no step decides. */
export const fixed = ({ shape }: ValueType): readonly number[] => shape.filter((side) => typeof side === 'number');

/** A shape with its one side that a step decides as -1. */
export const open = (shape: ValueType['shape']): readonly number[] => shape.map((side) => (typeof side === 'number' ? side : -1));
