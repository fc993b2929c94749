// y = x W^T + b + residual, of the residual's shape: a linear layer and the sum that a residual branch ends with, as one.
import type { NumberFormatKey } from '../numbers/index.js';
import { linear, type LinearAttributes } from './linear.js';
import type { Op, OpCase } from './op.js';
import { need, present, weightTolerance } from './rule.js';

const caseOf = (
  [tokens, rows, columns]: readonly [tokens: number, rows: number, columns: number],
  format: NumberFormatKey,
  bias: boolean,
  transposed = false,
): OpCase<LinearAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [tokens, columns] },
    { kind: 'weight', shape: transposed ? [columns, rows] : [rows, columns], format },
    bias ? { kind: 'weight', shape: [rows] } : undefined,
    { kind: 'activation', shape: [tokens, rows] },
  ],
  attributes: { transposed },
  tolerance: weightTolerance(format),
});

const formats: readonly NumberFormatKey[] = ['f32', 'f16', 'bf16', 'q4-0', 'q8-0', 'q4-k', 'q6-k'];

export const linearAdd: Op<LinearAttributes> = {
  inputs: ['x', 'weight', 'bias?', 'residual'],
  outputs: ['y'],
  infer([x, weight, bias, residual], attributes) {
    const [y] = linear.infer([x, weight, bias], attributes);
    need('linear-add', 'residual', present('linear-add', 'residual', residual).shape, y!.shape);
    return [y!];
  },
  reference([x, weight, bias, residual], [y], attributes) {
    linear.reference([x, weight, bias], [y!], attributes);
    for (let index = 0; index < y!.data.length; index++) y!.data[index]! += residual!.data[index]!;
  },
  cases: [
    ...formats.map((format, index) => caseOf([1, 36, 512], format, index % 2 === 1)),
    ...formats.map((format, index) => caseOf([3, 37, 256], format, index % 2 === 0)),
    caseOf([9, 40, 96], 'f32', true),
    caseOf([33, 70, 256], 'q8-0', false),
    caseOf([1, 7, 40], 'f16', true),
    caseOf([2, 40, 96], 'f32', true, true),
  ],
  operations: ([x, weight, bias, residual], outputs, attributes) => linear.operations([x, weight, bias], outputs, attributes) + residual!.data.length,
};
