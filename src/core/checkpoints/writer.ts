// What a checkpoint format must say to be written: a pure layout of files. It names no family and touches no disk.
import type { JsonObject } from '../base/event.js';
import type { Graph } from '../graph/graph.js';
import type { NumberFormatKey } from '../numbers/index.js';
import type { Dialect, StoredWeight } from './checkpoint.js';
import type { GgufValue } from './gguf-value.js';
import type { PlannedFile, TensorPlan } from './planned-file.js';

export interface StepProgram {
  readonly graph: Graph;
  /** By role, which of the target's tensors a weight or a constant is: one, or one for each expert. */
  readonly weights: ReadonlyMap<
    string,
    Pick<StoredWeight, 'transposed'> & {
      readonly tensors: readonly string[];
      /** The tensor holds a logarithm: the value is -exp of it. */
      readonly isLogarithm?: true;
    }
  >;
  /** Values of constants. Those that are a tensor's too are in `weights` as well. */
  readonly constants: ReadonlyMap<string, Float32Array>;
}

/** Everything that a target shall hold, in the names of the writer's dialect. */
export interface Contents {
  /** config.json, or the header fields of llama2.c; unused by GGUF, whose `metadata` has it all. */
  readonly config: JsonObject;
  /** Whole numbers of `config` that are written as fractions, by their places. */
  readonly floats?: ReadonlySet<string>;
  /** Files that lie beside the weights in a folder, config.json left out: tokenizer.json, generation_config.json, ... */
  readonly beside: ReadonlyMap<string, Uint8Array>;
  /** GGUF's typed key-value pairs, the vocabulary among them. Empty for other dialects. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly TensorPlan[];
  /** For formats that hold a program: the family's step graph over the target's tensors, and where its leaves come from. */
  readonly program?: StepProgram;
}

export interface LayoutOptions {
  /** What an output of one file is called; none for a folder. */
  readonly fileName?: string;
  /** Most bytes, and most tensors, of one file; undefined for no limit. */
  readonly splitBytes?: number;
  readonly splitTensors?: number;
  /** ONNX. */
  readonly opset?: number;
  readonly externalData?: 'auto' | 'always' | 'never';
}

export type LayoutOption = Exclude<keyof LayoutOptions, 'fileName'>;

export interface CheckpointWriter {
  /** Whether an output is one file, with what belongs to it beside, or a folder with files in it; `either` is a file where the path has a suffix. */
  readonly output: 'file' | 'folder' | 'either';
  /** Ends of paths that mean this format: `.gguf`. Empty where `--to` alone names it. */
  readonly suffixes: readonly string[];
  /** Ends of paths that mean a file of this format where `--to` names it. */
  readonly furtherSuffixes?: readonly string[];
  /** True for the format that a path with a slash at its end means. */
  readonly isUsualFolder?: true;
  readonly dialect: Dialect;
  /** True for files that hold keys and values of their own: `Contents.metadata`. */
  readonly hasMetadata?: true;
  /** What vectors and `precise` tensors are kept in, where readers of this format ask for it. */
  readonly smallFormat?: NumberFormatKey;
  /** True where the container can store a tensor of this number format. */
  holds(format: NumberFormatKey): boolean;
  /** True where a file without tensors can be opened again. */
  readonly mayBeEmpty?: true;
  /** Options of the layout that it obeys; the others are refused. */
  readonly obeys: readonly LayoutOption[];
  /** True for writers that need `Contents.program`. */
  readonly needsProgram?: true;
  /** Pure. Throws LlmxError `unsupported` that names the tensor, key or size that the format cannot hold. */
  layout(contents: Contents, options: LayoutOptions): readonly PlannedFile[];
}
