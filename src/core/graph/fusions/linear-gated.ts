// An expression of two linear layers of one x -> linear-gated.
import type { Value } from '../graph.js';
import { sameType, sameValue } from '../view.js';
import type { Fusion } from './fusion.js';

export const linearGated: Fusion = {
  find(view, id) {
    const outer: Value = { node: id, output: 0 };
    const map = view.made(outer, 'map');
    if (map === undefined || map.inputs.length !== 2) return undefined;
    const [a, b] = map.inputs as readonly [Value, Value];
    const [gate, up] = [view.made(a, 'linear'), view.made(b, 'linear')];
    if (gate === undefined || up === undefined || !view.readOnce(a) || !view.readOnce(b) || !sameType(view.type(a), view.type(b))) return undefined;
    if (!sameValue(gate.inputs[0], up.inputs[0]) || [gate, up].some(({ attributes }) => attributes['transposed'] === true)) return undefined;
    const [x, gateWeight, gateBias] = gate.inputs;
    const [, upWeight, upBias] = up.inputs;
    const { expression } = map.attributes;
    return {
      inputs: [x, gateWeight, upWeight, gateBias, upBias],
      attributes: { expression: expression! },
      outputs: [outer],
      inner: [a.node, b.node],
    };
  },
};
