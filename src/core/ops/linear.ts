// y = x W^T + b: x (..., in), W (out, in) in any number format, b (out) -> (..., out).
// `transposed` reads W as (in, out): GPT-2's Conv1D as its checkpoints store it.
// Quantized weights may meet activations rounded to 8 bits in blocks of 32 (as every CPU peer does): the tolerance of their
// cases is 1e-4, about four times the 2.8e-5 that such rounding costs on Gaussian rows. Half-precision weights may meet activations
// of 16 bits: 1e-7, five times the 2e-8 that their own 11 bits already cost.
import { LlmxError } from '../base/error.js';
import { showShape } from '../base/shape.js';
import type { NumberFormatKey } from '../numbers/index.js';
import type { Op, OpCase } from './op.js';
import { f32, last, leading, need, present, rowsOf, weightTolerance } from './rule.js';

export type LinearAttributes = { readonly transposed: boolean };

const shapes: readonly (readonly [tokens: number, rows: number, columns: number])[] = [
  [1, 16, 256],
  [1, 37, 512],
  [3, 48, 256],
  [8, 33, 768],
  [33, 80, 512],
];
const quantized: readonly NumberFormatKey[] = ['q4-0', 'q8-0', 'q4-k', 'q6-k'];
const exact: readonly NumberFormatKey[] = ['f32', 'f16', 'bf16'];

const caseOf = (
  [tokens, rows, columns]: (typeof shapes)[number],
  format: NumberFormatKey,
  transposed: boolean,
  bias: boolean,
): OpCase<LinearAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [tokens, columns] },
    { kind: 'weight', shape: transposed ? [columns, rows] : [rows, columns], format },
    bias ? { kind: 'weight', shape: [rows] } : undefined,
  ],
  attributes: { transposed },
  tolerance: weightTolerance(format),
});

export const linear: Op<LinearAttributes> = {
  inputs: ['x', 'weight', 'bias?'],
  outputs: ['y'],
  infer([input, matrix, bias], { transposed }) {
    const x = present('linear', 'x', input).shape;
    const w = present('linear', 'weight', matrix).shape;
    const [out, width] = transposed ? [w[1]!, w[0]!] : [w[0]!, w[1]!];
    if (w.length !== 2 || width !== last(x)) throw new LlmxError('internal', `linear: x ${showShape(x)} does not fit weight ${showShape(w)}`);
    if (bias !== undefined) need('linear', 'bias', bias.shape, [out]);
    return [f32([...leading(x), out])];
  },
  reference([x, w, bias], [y], { transposed }) {
    const { rows, width } = rowsOf(x!);
    const out = y!.shape[y!.shape.length - 1]!;
    const [rowStride, columnStride] = transposed ? [1, out] : [width, 1];
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < out; o++) {
        let sum = bias?.data[o] ?? 0;
        for (let i = 0; i < width; i++) sum += x!.data[row * width + i]! * w!.data[o * rowStride + i * columnStride]!;
        y!.data[row * out + o] = sum;
      }
    }
  },
  cases: [
    ...exact.flatMap((format) => shapes.map((shape, index) => caseOf(shape, format, false, index % 2 === 1))),
    ...quantized.flatMap((format) => shapes.map((shape, index) => caseOf(shape, format, false, index % 2 === 1))),
    ...exact.map((format) => caseOf([9, 40, 96], format, true, true)),
    caseOf([1, 40, 96], 'f32', true, true),
    caseOf([5, 7, 33], 'f32', false, true),
    caseOf([1, 7, 40], 'f16', false, false),
    // Rows too long for the first-level cache.
    caseOf([1, 19, 6000], 'f16', false, true),
    caseOf([2, 18, 4608], 'q4-k', false, true),
    caseOf([2, 19, 32], 'q8-0', false, false),
    caseOf([17, 5, 96], 'q4-0', false, false),
  ],
  operations: ([x, w]) => 2 * rowsOf(x!).rows * w!.shape[0]! * w!.shape[1]!,
};
