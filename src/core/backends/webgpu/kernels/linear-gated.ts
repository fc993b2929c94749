// Two matrix products and an expression of them: few tokens in one dispatch, many as three.
import type { MapAttributes } from '../../../ops/map.js';
import type { Kernel } from '../kernel.js';
import { spelled } from './map.js';
import { areSplit, lastOf, lengthOf, rowsOf } from './shapes.js';
import { given, suitsVector, vector, vectorGrid } from './vector.js';

const plain = { transposed: false };

export const linearGated: Kernel<MapAttributes> = {
  buffers: [{ operand: 'gate' }, { operand: 'up' }],
  variant({ inputs: [, gate, up, gateBias, upBias], outputs: [y], attributes: { expression } }, device) {
    const constants = { has_gate_bias: given(gateBias), has_up_bias: given(upBias) };
    return spelled(vector('linear-gated', device, { gate, up }, [lastOf(y)], constants), expression);
  },
  params: ({ inputs: [x], outputs: [y] }) => ({ rows: lastOf(y), columns: lastOf(x) }),
  grid: ({ inputs: [x], outputs: [y] }) => vectorGrid([lastOf(y)], rowsOf(x)),
  scratch: ({ outputs: [y] }) => lengthOf(y),
  parts: ({ inputs: [x, gate, up, gateBias, upBias], attributes }) =>
    suitsVector(x) && !areSplit(gate, up)
      ? undefined
      : [
          { op: 'linear', inputs: ['x', 'gate', gateBias && 'gate_bias'], output: 'y', attributes: plain },
          { op: 'linear', inputs: ['x', 'up', upBias && 'up_bias'], output: 'scratch', attributes: plain },
          { op: 'map', inputs: ['y', 'scratch'], output: 'y', attributes },
        ],
};
