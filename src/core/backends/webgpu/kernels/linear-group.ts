// Three matrix products of one x: few tokens in one dispatch, many as three.
import type { Call, Kernel, Part } from '../kernel.js';
import { areSplit, lastOf, rowsOf } from './shapes.js';
import { given, suitsVector, vector, vectorGrid } from './vector.js';

const rows = ({ outputs }: Call): readonly number[] => outputs.map(lastOf);
const layers = { query: 'q', key: 'k', value: 'v' } as const;

export const linearGroup: Kernel = {
  buffers: [{ operand: 'query' }, { operand: 'key' }, { operand: 'value' }],
  variant(call, device) {
    const [, query, key, value, queryBias, keyBias, valueBias] = call.inputs;
    const constants = { has_query_bias: given(queryBias), has_key_bias: given(keyBias), has_value_bias: given(valueBias) };
    return vector('linear-group', device, { query, key, value }, rows(call), constants);
  },
  params(call) {
    const [query_rows, key_rows, value_rows] = rows(call) as readonly [number, number, number];
    return { query_rows, key_rows, value_rows, columns: lastOf(call.inputs[0]) };
  },
  grid: (call) => vectorGrid(rows(call), rowsOf(call.inputs[0])),
  parts: ({ inputs: [x, query, key, value, ...biases] }) =>
    suitsVector(x) && !areSplit(query, key, value)
      ? undefined
      : Object.entries(layers).map(([name, output], index): Part => ({
          op: 'linear',
          inputs: ['x', name, biases[index] && `${name}_bias`],
          output,
          attributes: { transposed: false },
        })),
};
