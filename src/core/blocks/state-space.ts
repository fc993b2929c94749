// Mamba's mixer: a short convolution and a selective scan between two projections (Gu and Dao 2023, fig. 3).
import { layerName, type Block } from './block.js';

export const mambaMixer: Block = (g, h, _context, layer, x) => {
  const name = (role: string) => layerName(layer, role);
  const inner = h.innerWidth;
  const both = g.linear(x, name('state-in'));
  const [stream, gate] = [g.slice(both, 0, inner), g.slice(both, inner, 2 * inner)];

  const window = g.state(name('convolution'), ['slots', h.convolution - 1, inner], 'f32');
  const convolved = g.map([g.conv1d(stream, g.weight(name('state-conv.weight')), g.optionalWeight(name('state-conv.bias')), window)], ['a', 'silu']);

  const chosen = g.linear(convolved, name('state-x'));
  const [rank, states] = [h.stepRank, h.stateWidth];
  const delta = g.map([g.linear(g.slice(chosen, 0, rank), name('state-dt'))], ['a', 'softplus']);
  const [b, c] = [g.slice(chosen, rank, rank + states), g.slice(chosen, rank + states, rank + 2 * states)];

  const memory = g.state(name('memory'), ['slots', inner, states], 'f32');
  const scanned = g.selectiveScan(convolved, delta, g.weight(name('state-a')), b, c, g.weight(name('state-d')), memory);
  return g.linear(g.map([scanned, gate], ['a', 'b', 'silu', 'multiply']), name('state-out'));
};
