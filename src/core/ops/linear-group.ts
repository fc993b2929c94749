// Three linear layers of one x as one: the queries, keys and values of attention. Each matrix has its own number format.
import type { NumberFormatKey } from '../numbers/index.js';
import { linear } from './linear.js';
import type { Op, OpCase } from './op.js';
import { weightTolerance } from './rule.js';

type None = Record<string, never>;
const plain = { transposed: false };

const caseOf = (
  tokens: number,
  columns: number,
  rows: readonly [number, number, number],
  formats: readonly [NumberFormatKey, NumberFormatKey, NumberFormatKey],
  biases: readonly [boolean, boolean, boolean] = [false, false, false],
): OpCase<None> => ({
  inputs: [
    { kind: 'activation', shape: [tokens, columns] },
    ...rows.map((each, index) => ({ kind: 'weight', shape: [each, columns], format: formats[index]! }) as const),
    ...rows.map((each, index) => (biases[index] === true ? ({ kind: 'weight', shape: [each] } as const) : undefined)),
  ],
  attributes: {},
  tolerance: Math.max(...formats.map(weightTolerance)),
});

const formats: readonly NumberFormatKey[] = ['f32', 'f16', 'bf16', 'q4-0', 'q8-0', 'q4-k', 'q6-k'];

export const linearGroup: Op<None> = {
  inputs: ['x', 'query', 'key', 'value', 'query_bias?', 'key_bias?', 'value_bias?'],
  outputs: ['q', 'k', 'v'],
  infer: ([x, ...given]) => [0, 1, 2].flatMap((index) => linear.infer([x, given[index], given[index + 3]], plain)),
  reference([x, ...given], outputs) {
    for (const [index, output] of outputs.entries()) linear.reference([x, given[index], given[index + 3]], [output], plain);
  },
  cases: [
    ...formats.map((format) => caseOf(1, 512, [36, 12, 12], [format, format, format])),
    caseOf(3, 256, [37, 9, 11], ['f32', 'f32', 'f32'], [true, true, true]),
    caseOf(2, 256, [32, 8, 8], ['q4-k', 'q4-k', 'q6-k'], [false, true, false]),
    caseOf(4, 256, [16, 16, 16], ['q4-0', 'f16', 'q8-0'], [true, false, true]),
    caseOf(9, 96, [40, 20, 20], ['f32', 'f32', 'f32'], [true, true, false]),
    caseOf(33, 256, [70, 35, 35], ['q4-k', 'q4-k', 'q6-k']),
    caseOf(1, 40, [7, 3, 3], ['f16', 'f16', 'f16'], [false, false, true]),
  ],
  operations: ([x, ...given], outputs) => [0, 1, 2].reduce((sum, index) => sum + linear.operations([x, given[index]], outputs, plain), 0),
};
