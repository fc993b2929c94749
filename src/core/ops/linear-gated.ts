// y = expression of a = x Wgate^T + b and b = x Wup^T + b: the inner half of a gated feed-forward as one (Shazeer 2020).
import { LlmxError } from '../base/error.js';
import { showShape } from '../base/shape.js';
import type { NumberFormatKey } from '../numbers/index.js';
import { linear } from './linear.js';
import { map, type MapAttributes } from './map.js';
import type { MapWord } from './map-operations.js';
import type { Op, OpCase } from './op.js';
import { present, weightTolerance } from './rule.js';

const plain = { transposed: false };
const swiglu: readonly MapWord[] = ['a', 'silu', 'b', 'multiply'];

const caseOf = (
  [tokens, rows, columns]: readonly [tokens: number, rows: number, columns: number],
  [gate, up]: readonly [NumberFormatKey, NumberFormatKey],
  expression: readonly MapWord[] = swiglu,
  bias = false,
): OpCase<MapAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [tokens, columns] },
    { kind: 'weight', shape: [rows, columns], format: gate },
    { kind: 'weight', shape: [rows, columns], format: up },
    bias ? { kind: 'weight', shape: [rows] } : undefined,
    bias ? { kind: 'weight', shape: [rows] } : undefined,
  ],
  attributes: { expression },
  // A product of two results has the errors of both.
  tolerance: 2 * Math.max(weightTolerance(gate), weightTolerance(up)),
});

const formats: readonly NumberFormatKey[] = ['f32', 'f16', 'bf16', 'q4-0', 'q8-0', 'q4-k', 'q6-k'];

export const linearGated: Op<MapAttributes> = {
  inputs: ['x', 'gate', 'up', 'gate_bias?', 'up_bias?'],
  outputs: ['y'],
  infer([x, gate, up, gateBias, upBias], { expression }) {
    const shapes = [present('linear-gated', 'gate', gate).shape, present('linear-gated', 'up', up).shape] as const;
    if (shapes[0].join() !== shapes[1].join())
      throw new LlmxError('internal', `linear-gated: gate ${showShape(shapes[0])} and up ${showShape(shapes[1])} differ`);
    return map.infer([...linear.infer([x, gate, gateBias], plain), ...linear.infer([x, up, upBias], plain)], { expression });
  },
  reference([x, gate, up, gateBias, upBias], [y], { expression }) {
    const product = () => ({ shape: y!.shape, data: new Float64Array(y!.data.length) });
    const [a, b] = [product(), product()];
    linear.reference([x, gate, gateBias], [a], plain);
    linear.reference([x, up, upBias], [b], plain);
    map.reference([a, b], [y!], { expression });
  },
  cases: [
    ...formats.map((format) => caseOf([1, 36, 512], [format, format])),
    ...formats.map((format, index) => caseOf([3, 37, 256], [format, formats[(index + 1) % formats.length]!])),
    caseOf([1, 20, 64], ['f32', 'f32'], ['a', 'gelu-tanh', 'b', 'multiply'], true),
    caseOf([9, 40, 96], ['f32', 'f32'], swiglu, true),
    caseOf([33, 70, 256], ['q8-0', 'q4-k']),
    caseOf([1, 7, 40], ['f16', 'f16']),
  ],
  operations: ([x, gate, up], outputs, { expression }) =>
    linear.operations([x, gate], outputs, plain) + linear.operations([x, up], outputs, plain) + map.operations([], outputs, { expression }),
};
