// What an op is: everything that is known about it, whatever runs it. One op is one file of this room.
import type { Shape } from '../base/shape.js';
import type { NumberFormatKey } from '../numbers/index.js';

/** Floats (any number format; activations are `f32`) and 32-bit integers. */
export type ValueFormat = NumberFormatKey | 'i32';

export interface ValueType {
  readonly shape: Shape;
  readonly format: ValueFormat;
}

export type Attribute = number | string | boolean | readonly (number | string)[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** A bound value in the reference backend: activations are float64 there, weights float32, integers int32. */
export interface Operand {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Int32Array;
}

/** One input of a conformance case. Random ones are drawn from a seed by the test, the same for every backend. */
export type CaseInput =
  | { readonly kind: 'activation'; readonly shape: readonly number[]; readonly values?: readonly number[]; readonly positive?: boolean }
  | { readonly kind: 'weight'; readonly shape: readonly number[]; readonly format?: NumberFormatKey; readonly positive?: boolean }
  | { readonly kind: 'state'; readonly shape: readonly number[]; readonly format?: 'f32' | 'f16' }
  | { readonly kind: 'integers'; readonly shape: readonly number[]; readonly values: readonly number[] }
  | undefined;

export interface OpCase<A> {
  readonly inputs: readonly CaseInput[];
  readonly attributes: A;
  /** Largest normalised mean square error against the reference; default 1e-11, which is float32 rounding. */
  readonly tolerance?: number;
}

export interface Op<A extends Attributes = Attributes> {
  /** Input names in order; a `?` at the end marks one that may be absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Output index to the input index whose storage it shares: state that is written, or a view. */
  readonly aliases?: Readonly<Record<number, number>>;
  /** A view costs nothing at run time. */
  readonly isView?: true;
  /** Shape rule; throws LlmxError('internal') naming the op when shapes do not fit. */
  infer(inputs: readonly (ValueType | undefined)[], attributes: A): readonly ValueType[];
  /** The meaning, in float64. Writes every element of every output that is not an alias. */
  reference(inputs: readonly (Operand | undefined)[], outputs: readonly Operand[], attributes: A): void;
  readonly cases: readonly OpCase<A>[];
  /** Arithmetic operations (a multiply-add is two) for bound shapes. */
  operations(inputs: readonly (Operand | undefined)[], outputs: readonly Operand[], attributes: A): number;
}

export type ShapeOnly = { readonly shape: readonly number[] };
