// Causal self-attention over the paged cache, grouped heads, in the forms that today's families need.
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { layerName, type Block, type BuildContext, type Hyperparameters } from './block.js';

/** (tokens, heads * headWidth) as heads. */
const toHeads = (g: GraphBuilder, x: Value, heads: number, headWidth: number): Value => g.reshape(x, ['tokens', heads, headWidth]);

function cached(g: GraphBuilder, h: Hyperparameters, context: BuildContext, layer: number, q: Value, k: Value, v: Value): Value {
  const cache = (kind: string, x: Value): Value =>
    g.cacheWrite(g.state(layerName(layer, kind), ['pages', context.pageSize, h.keyValueHeads, h.headWidth], context.cacheFormat), x);
  const mixed = g.attention(q, cache('keys', k), cache('values', v), { scale: 1 / Math.sqrt(h.headWidth), window: 0 });
  return g.linear(g.reshape(mixed, ['tokens', h.heads * h.headWidth]), layerName(layer, 'attention-output'));
}

/** Rotary positions; a norm over each head before them where the checkpoint has `attention-query-norm` (Qwen 3). */
export const rotaryAttention: Block = (g, h, context, layer, x) => {
  const turned = (role: string, heads: number): Value => {
    const projected = toHeads(g, g.linear(x, layerName(layer, role)), heads, h.headWidth);
    const norm = g.optionalWeight(layerName(layer, `${role}-norm.weight`));
    const ready = norm === undefined ? projected : g.rmsNorm(projected, norm, { epsilon: h.normEpsilon });
    return g.rope(ready, g.weight('rope-frequencies'), { style: context.ropeStyle, scale: context.ropeScale });
  };
  const [q, k] = [turned('attention-query', h.heads), turned('attention-key', h.keyValueHeads)];
  return cached(g, h, context, layer, q, k, toHeads(g, g.linear(x, layerName(layer, 'attention-value')), h.keyValueHeads, h.headWidth));
};

/** One matrix for queries, keys and values side by side; no rotary positions (GPT-2). */
export const fusedAttention: Block = (g, h, context, layer, x) => {
  const fused = g.linear(x, layerName(layer, 'attention-query-key-value'));
  const part = (index: number): Value => toHeads(g, g.slice(fused, index * h.width, (index + 1) * h.width), h.heads, h.headWidth);
  return cached(g, h, context, layer, part(0), part(1), part(2));
};
