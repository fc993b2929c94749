// What blocks share: the hyperparameters they read, and how names of one layer are spelled.
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import type { RopeStyle } from '../ops/rope.js';

/** Canonical hyperparameters. A family fills what it has; a block takes the part it needs. */
export interface Hyperparameters {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly hiddenWidth: number;
  /** Feed-forward experts of a layer, 0 for a dense model, and how many of them each token uses. */
  readonly experts: number;
  readonly expertsPerToken: number;
  /** Inner width, states per channel, convolution length and rank of the step size of a state-space layer; 0 without one. */
  readonly innerWidth: number;
  readonly stateWidth: number;
  readonly convolution: number;
  readonly stepRank: number;
}

/** What a graph is built for. */
export interface BuildContext {
  /** How queries and keys lie in this checkpoint. */
  readonly ropeStyle: RopeStyle;
  /** What cos and sin are multiplied by. */
  readonly ropeScale: number;
  /** Positions in a page of the cache, and the format of its keys and values. */
  readonly pageSize: number;
  readonly cacheFormat: 'f16' | 'f32';
}

/** A piece of a graph: (tokens, width) in, (tokens, width) out, for one layer. */
export type Block = (g: GraphBuilder, h: Hyperparameters, context: BuildContext, layer: number, x: Value) => Value;

export const layerName = (layer: number, role: string): string => `layer.${layer}.${role}`;
