// What a fusion is: a pattern of nodes, and the call of the fused op that takes their place.
import type { Attributes } from '../../ops/op.js';
import type { Value } from '../graph.js';
import type { GraphView } from '../view.js';

export interface Match {
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** The values of the graph that the fused op's outputs take the place of, in its order. */
  readonly outputs: readonly Value[];
  /** Nodes whose values nothing else reads; they vanish with those that make `outputs`. */
  readonly inner: readonly number[];
}

export interface Fusion {
  /** The pattern that node `id` stands for: each occurrence has one such node. */
  find(view: GraphView, id: number): Match | undefined;
}
