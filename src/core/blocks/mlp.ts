// Feed-forward pieces.
import { layerName, type Block } from './block.js';

/** down(silu(gate x) * up x) (Shazeer 2020, SwiGLU). */
export const gatedMlp: Block = (g, _h, _context, layer, x) => {
  const [gate, up] = [g.linear(x, layerName(layer, 'mlp-gate')), g.linear(x, layerName(layer, 'mlp-up'))];
  return g.linear(g.map([gate, up], ['a', 'silu', 'b', 'multiply']), layerName(layer, 'mlp-down'));
};

/** down(gelu(up x)), the tanh form. */
export const geluMlp: Block = (g, _h, _context, layer, x) =>
  g.linear(g.map([g.linear(x, layerName(layer, 'mlp-up'))], ['a', 'gelu-tanh']), layerName(layer, 'mlp-down'));
