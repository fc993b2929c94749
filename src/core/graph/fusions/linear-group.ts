// Exactly three linear layers of one x, in the order in which they stand -> linear-group.
import type { Value } from '../graph.js';
import type { Fusion } from './fusion.js';

export const linearGroup: Fusion = {
  find(view, id) {
    const first = view.made({ node: id, output: 0 }, 'linear');
    const x = first?.inputs[0];
    if (x === undefined) return undefined;
    const group = view.readers(x).flatMap((node): readonly Value[] => (view.made({ node, output: 0 }, 'linear') ? [{ node, output: 0 }] : []));
    if (group.length !== 3 || group[0]!.node !== id || group.some((value) => view.node(value).attributes['transposed'] === true)) return undefined;
    const [weights, biases] = [1, 2].map((index) => group.map((value) => view.node(value).inputs[index]));
    return { inputs: [x, ...weights!, ...biases!], attributes: {}, outputs: group, inner: [] };
  },
};
