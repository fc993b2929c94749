// Routed experts: each token goes through its k best, weighted by a softmax over those k (Jiang et al. 2024, sec. 2.1).
import { layerName, type Block } from './block.js';

export const routedExperts: Block = (g, h, _context, layer, x) => {
  const weight = (role: string) => g.weight(layerName(layer, `${role}.weight`));
  const { values, indices } = g.topK(g.linear(x, layerName(layer, 'router')), h.expertsPerToken);
  const [gate, up] = [g.linearExperts(x, weight('expert-gate'), indices), g.linearExperts(x, weight('expert-up'), indices)];
  const answers = g.linearExperts(g.map([gate, up], ['a', 'silu', 'b', 'multiply']), weight('expert-down'), indices);
  return g.expertSum(answers, g.softmax(values));
};
