// What a family is: the bridge between a checkpoint's names and a graph's roles. It states its differences and nothing else.
import type { Json } from '../base/event.js';
import type { BuildContext, Hyperparameters } from '../blocks/block.js';
import type { Dialect } from '../checkpoints/checkpoint.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { RopeStyle } from '../ops/rope.js';

/** A name in each dialect; GGUF names go without their architecture prefix. Several names are aliases, the first is written. */
type DialectNames = Partial<Readonly<Record<Dialect, string | readonly string[]>>>;

/** One config field: what it sets, or which of its values this family computes rightly, or that it changes no mathematics. */
export type FieldRow =
  | {
      readonly use: 'number';
      readonly key: keyof Hyperparameters;
      readonly names: DialectNames;
      /** Stands in for an absent field; undefined where that must not be. */
      readonly default?: (soFar: Partial<Hyperparameters>, dialect: Dialect) => number | undefined;
      /** What it sets is found out in another way where the field is absent. */
      readonly optional?: true;
    }
  | { readonly use: 'accept'; readonly names: DialectNames; readonly values: readonly Json[] }
  | { readonly use: 'ignore'; readonly names: DialectNames }
  /** Says again what other fields or the tensors say: written for readers that ask for it, held against them where `exact`. */
  | {
      readonly use: 'derived';
      readonly names: DialectNames;
      /** Undefined where the field is better left out. `has` tells whether the checkpoint has a role. */
      readonly value: (h: Hyperparameters, has: (role: string) => boolean) => Json | undefined;
      readonly exact?: true;
      /** A switch that must be as the tensors are: a config that says otherwise means another model. */
      readonly isSwitch?: true;
    };

/** How a dialect stores a tensor differently from its role's canonical form. Every one of them can be undone. */
export type Layout =
  /** (in, out) instead of (out, in). */
  | 'transposed'
  /** Rows of each head in the order that adjacent-pair rotary positions want. */
  | 'rope-pairs'
  /** The logarithm is stored: the role's value is -exp(stored). */
  | 'negative-exponential'
  /** A middle axis of length one more. */
  | 'unsqueezed';

export interface TensorRow {
  /** `token-embedding.weight`, `layer.3.attention-query.bias`. */
  readonly role: string;
  readonly shape: readonly number[];
  /** A name with `{expert}` is one tensor for each expert, stacked along the first axis. */
  readonly names: Partial<Readonly<Record<Dialect, string>>>;
  /** What one tensor of all experts is called, where files of the dialect may have that instead. It is read, not written. */
  readonly stacked?: Partial<Readonly<Record<Dialect, string>>>;
  readonly layouts?: Partial<Readonly<Record<Dialect, Layout>>>;
  readonly optional?: boolean;
  /** Decoded to float32 when the model is opened, whatever its rank: small tensors that ops read directly. */
  readonly small?: boolean;
  /** A matrix that stays in float32 where a format keeps vectors so, and is never quantized: routers, learned positions. */
  readonly precise?: boolean;
}

export interface Family {
  /** `model_type`, `general.architecture`, or the dialect's own word. */
  readonly names: Partial<Readonly<Record<Dialect, readonly string[]>>>;
  /** The class that Transformers loads it with, for `architectures`. */
  readonly huggingfaceClass: string;
  /** Where the name alone does not tell: the families that share it are asked in turn. */
  readonly recognise?: (number: (name: string) => number | undefined) => boolean;
  readonly fields: readonly FieldRow[];
  /** Undefined for families without rotary positions. */
  readonly ropeStyle?: Partial<Readonly<Record<Dialect, RopeStyle>>>;
  tensors(h: Hyperparameters): readonly TensorRow[];
  /** Tensors that may lie in a checkpoint and mean nothing (buffers, masks). */
  readonly ignoredTensors?: readonly RegExp[];
  /** Builds the `step` graph; its output is `logits` (rows, vocabulary). */
  build(g: GraphBuilder, h: Hyperparameters, context: BuildContext): void;
}
