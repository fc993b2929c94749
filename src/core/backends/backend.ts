// What a backend is: it opens a compiled model and runs steps. Plain data in and out, so that an engine can live in a worker.
import type { Symbol } from '../base/shape.js';
import type { StoredWeight } from '../checkpoints/checkpoint.js';
import type { FusionName } from '../graph/fusions/index.js';
import type { StepInputName } from '../graph/graph.js';
import type { Program } from '../graph/program.js';

export interface CompiledModel {
  readonly program: Program;
  readonly weights: ReadonlyMap<string, StoredWeight>;
  /** Small tensors and tables, decoded. */
  readonly constants: ReadonlyMap<string, Float32Array | Int32Array>;
}

export interface EngineOptions {
  /** Compute threads; 0 leaves it to the backend (physical cores). */
  readonly threads: number;
  /** Canaries around every value, for tests. */
  readonly guard?: boolean;
  /** Time every instruction. */
  readonly profile?: boolean;
}

/** int32 arrays by name; lengths give the step's sizes. `tables` is (sequences, table) row by row. */
export type StepInputs = Readonly<Partial<Record<StepInputName, Int32Array>>> & { readonly ids: Int32Array };

/** Bytes of anonymous memory by purpose; mapped weights are not counted. */
export interface EngineMemory {
  readonly arena: number;
  readonly state: number;
  readonly packed: number;
  readonly constants: number;
}

export interface Largest {
  /** Indices of the floats. */
  readonly ids: Int32Array;
  readonly logits: Float32Array;
}

export interface Engine {
  readonly program: Program;
  /** Runs one step; rejects with LlmxError('interrupted') when aborted. One at a time. */
  step(inputs: StepInputs): Promise<void>;
  /** Prepares what the first step would otherwise prepare (packing). */
  warm(): Promise<void>;
  abort(): void;
  /** Floats of a program value from element `begin` on; after a step. */
  read(value: number, begin: number, target: Float32Array): Promise<void>;
  /**
   * The `count` largest of `width` floats of a value from element `begin` on, in falling order, ties to the lowest index. Absent, or
   * undefined, where reading them all costs no more.
   */
  largest?(value: number, begin: number, width: number, count: number): Promise<Largest | undefined>;
  /**
   * A step of one token that begins before the token is known: it is the one that `largest` would give first, and reaches the step's inputs
   * on the device, so that the device does not wait while it is read, sampled and shown. `inputs.ids` has room for it. Resolves with it,
   * mostly before the step is done. Absent where the token must come from the outside.
   */
  follow?(inputs: StepInputs, value: number, begin: number, width: number): Promise<Largest>;
  /** Resolves when all that steps began is done. */
  settle(): Promise<void>;
  /** Sets a constant, arena or state value: floats are converted to its format. */
  write(value: number, source: Float32Array | Int32Array): Promise<void>;
  /** Copies or zeroes one index of every state whose first dimension is that symbol. */
  copyState(symbol: Symbol, from: number, to: number): Promise<void>;
  clearState(symbol: Symbol, index: number): Promise<void>;
  memory(): EngineMemory;
  /** Calls into a device that the last step took; 0 where a step is one call. */
  dispatches(): number;
  /** Nanoseconds spent in each instruction since the start; zeros without `profile`. */
  profile(): readonly number[];
  /** Values whose canaries were overwritten; 0 without `guard`. */
  brokenGuards(): Promise<number>;
  close(): Promise<void>;
}

/** A rate that bounds a model's: bytes read, or operations of an arithmetic (a multiply-add is two). */
export type Ceiling = 'read' | 'multiply-add' | 'int8';

export interface Backend {
  readonly name: string;
  /** One line for people: instruction set, cores, adapter. Undefined when the backend cannot run here, with the reason in `problem`. */
  describe(): { readonly text: string | undefined; readonly problem?: string };
  /** The graphics adapter that it runs on, once that is open; absent for the processor. */
  readonly adapter?: string | undefined;
  /** Fusions that its programs are to have; without one, the op that it makes never comes. */
  readonly fusions: readonly FusionName[];
  /** Tokens that one prompt step should have at most. */
  readonly promptChunk: number;
  /** Whether the number of threads means anything to it. */
  readonly takesThreads: boolean;
  /** The arithmetic in which quantized weights meet activations. */
  readonly quantizedArithmetic: Exclude<Ceiling, 'read'>;
  /** Units a second at most, over one window of about so long; null where nothing can measure it. */
  ceiling(what: Ceiling, threads: number, milliseconds: number): Promise<number | null>;
  /** Bytes beside the mapping that a weight will cost when it is repacked; 0 where it runs as it lies. */
  packedBytes(weight: StoredWeight): number;
  open(model: CompiledModel, options: EngineOptions): Promise<Engine>;
}
