// x W^T + b, and then the sum with a residual of the same shape -> linear-add.
import type { Value } from '../graph.js';
import { sameType } from '../view.js';
import type { Fusion } from './fusion.js';

export const linearAdd: Fusion = {
  find(view, id) {
    const sum: Value = { node: id, output: 0 };
    const map = view.made(sum, 'map');
    if (map === undefined || map.inputs.length !== 2 || (map.attributes['expression'] as readonly unknown[]).join(' ') !== 'a b add')
      return undefined;
    const [left, right] = map.inputs as readonly [Value, Value];
    for (const [product, residual] of [
      [right, left],
      [left, right],
    ] as const) {
      const linear = view.made(product, 'linear');
      if (linear === undefined || !view.readOnce(product) || !sameType(view.type(product), view.type(residual))) continue;
      const [x, weight, bias] = linear.inputs;
      return { inputs: [x, weight, bias, residual], attributes: linear.attributes, outputs: [sum], inner: [product.node] };
    }
    return undefined;
  },
};
