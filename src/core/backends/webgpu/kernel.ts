// What a kernel is: how an op's call becomes dispatches of a WGSL file. One op is one row of `kernels/index.ts`.
import type { FusedOpName, OpName } from '../../ops/index.js';
import type { Attributes, ValueFormat } from '../../ops/op.js';
import type { Capabilities } from './capabilities.js';

/** Rows of a weight in a buffer of their own; its rows are all of its dimensions but the last. */
export interface Piece {
  readonly first: number;
  readonly rows: number;
}

/** An operand at the sizes of a step. */
export interface KernelOperand {
  readonly shape: readonly number[];
  readonly format: ValueFormat;
  /** Of a weight that one buffer does not hold: a kernel of several weights leaves it to its `parts`. */
  readonly pieces?: readonly Piece[];
  /** The one of them that a dispatch reads. */
  readonly piece?: Piece;
}

/** One instruction at the sizes of a step. */
export interface Call<A extends Attributes = Attributes> {
  readonly inputs: readonly (KernelOperand | undefined)[];
  /** Undefined where nothing reads the output. */
  readonly outputs: readonly (KernelOperand | undefined)[];
  readonly attributes: A;
}

/** A file of kernels/webgpu; `as` stands in it for `weight` and begins the names of its functions in place of `weight_`. */
export type Use = string | { readonly file: string; readonly as: string };

/** A WGSL file of kernels/webgpu and what makes it one pipeline. Equal variants are compiled once. */
export interface Variant {
  readonly source: string;
  /** Files of kernels/webgpu that its functions need. */
  readonly uses: readonly Use[];
  /** Overrides. `lanes` is the size of the workgroup. */
  readonly constants: Readonly<Record<string, number>>;
  /** Text put in place of a comment of that name. */
  readonly splices?: Readonly<Record<string, string>>;
}

/** Workgroups along each dimension. */
export type Grid = readonly [x: number, y: number, z: number];

/** Numbers that a kernel reads from a table which the engine makes on the CPU for every step. */
export interface StepTable<A extends Attributes> {
  /** The op's inputs that it is made from: step inputs and constants. Instructions with the same ones and the same attributes share a table. */
  readonly reads: readonly string[];
  /** Floats, from what it reads. */
  length(inputs: readonly KernelOperand[]): number;
  fill(attributes: A, inputs: readonly (Int32Array | Float32Array)[], target: Float32Array): void;
}

/** An operand with a buffer of its own; `as` is its name in the WGSL where that differs. */
export interface KernelBuffer {
  readonly operand: string;
  readonly as?: string;
  readonly written?: true;
}

/** A call of another op over operands of this one, by their names; `scratch` is room for a value like its first output. */
export interface Part {
  readonly op: Exclude<OpName, FusedOpName>;
  readonly inputs: readonly (string | undefined)[];
  readonly output: string;
  readonly attributes: Attributes;
}

export interface Kernel<A extends Attributes = Attributes> {
  /** Operands with buffers of their own, in the order of bindings 1, 2, ...: weights and states. All others lie in the arena. */
  readonly buffers: readonly KernelBuffer[];
  variant(call: Call<A>, device: Capabilities): Variant;
  /** Values of the parameters that are no operand's place, by their names in the WGSL. */
  params(call: Call<A>): Readonly<Record<string, number>>;
  grid(call: Call<A>, variant: Variant): Grid;
  /** Other ops' calls that do a call better one after the other; undefined where this kernel does it. */
  parts?(call: Call<A>): readonly Part[] | undefined;
  /** Of a kernel of one weight: words by which places of operands move, by their names, for the piece that a dispatch reads. */
  shifts?(call: Call<A>): Readonly<Record<string, number>>;
  /** Its place arrives as the parameter `table`. */
  readonly table?: StepTable<A>;
  /** A second dispatch, of the same buffers and parameters, that ends what the first began; undefined where one is enough. */
  then?(call: Call<A>, device: Capabilities): Variant | undefined;
  /** Words that its dispatches keep between them; no smaller step may need more. Their place arrives as the parameter `scratch`. */
  scratch?(call: Call<A>): number;
}
