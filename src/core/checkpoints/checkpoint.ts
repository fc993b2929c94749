// The first noun at the centre: config, text assets, and a map of lazy tensors. Never the bytes themselves.
import type { JsonObject } from '../base/event.js';
import type { NumberFormatKey } from '../numbers/index.js';
import type { TokenizerSource } from '../text/tokenizer.js';
import type { GgufValue } from './gguf-value.js';

/** How a checkpoint's config fields and tensors are named. A family states its names per dialect. */
export type Dialect = 'huggingface' | 'gguf' | 'llama2c';

/** Where the bytes of one plane of a tensor lie: `offset` and `length` in bytes, checked against the file's size. */
interface Span {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface Tensor {
  readonly name: string;
  /** Row-major, outermost first (a GGUF `ne` reversed). */
  readonly shape: readonly number[];
  readonly format: NumberFormatKey;
  /** One span for each plane of the number format. */
  readonly planes: readonly Span[];
  /** A matrix that lies with its sides swapped, `shape` too: (in, out) under a name that means (out, in) in this dialect's own files, or the reverse. */
  readonly transposed?: true;
}

/** A weight as it lies in its files, whole roles at a time. Segments follow one another along the first dimension (stacked experts). */
export interface StoredWeight {
  readonly segments: readonly Tensor[];
  /** True when the file holds (in, out) where the role is (out, in). */
  readonly transposed: boolean;
}

/** What generation needs to know beside the weights; absent fields are undefined. */
export interface GenerationDefaults {
  readonly bos?: number;
  /** All ids that end a sequence. */
  readonly eos: readonly number[];
  /** Ids that the files name and the vocabulary does not have: a sentence each. */
  readonly dropped?: readonly string[];
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
}

export interface Checkpoint {
  /** Key of the checkpoint format that was read. */
  readonly format: string;
  readonly dialect: Dialect;
  /** The path that was opened: a file or a folder. */
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** config.json as it stands, GGUF metadata (arrays of strings that belong to the tokenizer left out), or the llama2.c header as an object. */
  readonly config: JsonObject;
  /** Whole numbers that config.json writes as fractions, by their places (`json-floats.ts`). */
  readonly floats?: ReadonlySet<string>;
  readonly tokenizer: TokenizerSource | undefined;
  /** Why `tokenizer` is undefined: a sentence for the error of a command that needs one. */
  readonly tokenizerProblem?: string;
  readonly chatTemplate: string | undefined;
  /** All templates by name; `chatTemplate` is the one called `default`, else the first. Absent where there is none. */
  readonly chatTemplates?: ReadonlyMap<string, string>;
  readonly generation: GenerationDefaults;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors whose numbers llmx cannot decode: name to the format's own spelling (`I64`, `IQ2_XS`). A family that needs one names it. */
  readonly skipped: ReadonlyMap<string, string>;
  /** GGUF only: every key-value pair with its type, in the file's order, the vocabulary among them (of a split model the first part's). */
  readonly metadata?: ReadonlyMap<string, GgufValue>;
}
