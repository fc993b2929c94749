// The frame that decoders share: pre-norm residual layers between an embedding and a head over the wanted rows.
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { layerName, type Block, type BuildContext, type Hyperparameters } from './block.js';

export type Norm = (g: GraphBuilder, h: Hyperparameters, role: string, x: Value) => Value;

export const rmsNormBlock: Norm = (g, h, role, x) => g.rmsNorm(x, g.weight(`${role}.weight`), { epsilon: h.normEpsilon });
export const layerNormBlock: Norm = (g, h, role, x) =>
  g.layerNorm(x, g.weight(`${role}.weight`), g.weight(`${role}.bias`), { epsilon: h.normEpsilon });

/** One residual branch: x + block(norm x). */
export interface Branch {
  readonly norm: string;
  readonly block: Block;
}

/** `output.weight`, or the embedding where the checkpoint ties them. Output `logits`: (rows, vocabulary). */
export function decoder(g: GraphBuilder, h: Hyperparameters, context: BuildContext, norm: Norm, branches: readonly Branch[], embedded: Value): void {
  let x = embedded;
  for (let layer = 0; layer < h.layers; layer++) {
    for (const branch of branches) x = g.add(x, branch.block(g, h, context, layer, norm(g, h, layerName(layer, branch.norm), x)));
  }
  const wanted = norm(g, h, 'output-norm', g.gather(x, g.input('rows')));
  const head = g.optionalWeight('output.weight') === undefined ? 'token-embedding' : 'output';
  g.output('logits', g.linear(wanted, head));
}

export const tokenEmbedding = (g: GraphBuilder): Value => g.embed(g.input('ids'), g.weight('token-embedding.weight'));
