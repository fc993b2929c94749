// An element-wise expression of up to four inputs, written postfix: ['a', 'silu', 'b', 'multiply'] is silu(a) * b.
// Input `a` gives the shape; the others have it too, or are one row (width) that repeats.
import { LlmxError } from '../base/error.js';
import type { Op, OpCase } from './op.js';
import { mapInputs, mapOperations, type MapOperation, type MapOperationName, type MapWord } from './map-operations.js';
import { f32, last, need, present, rowsOf } from './rule.js';

export type MapAttributes = { readonly expression: readonly MapWord[] };

function evaluate(expression: readonly MapWord[], values: readonly number[]): number {
  const stack: number[] = [];
  for (const word of expression) {
    const input = (mapInputs as readonly MapWord[]).indexOf(word);
    if (typeof word === 'number') stack.push(word);
    else if (input >= 0) stack.push(values[input]!);
    else {
      const operation: MapOperation = mapOperations[word as MapOperationName];
      const right = operation.operands === 2 ? stack.pop()! : 0;
      stack.push(operation.apply(stack.pop()!, right));
    }
  }
  return stack.pop()!;
}

const unary: readonly OpCase<MapAttributes>[] = (Object.keys(mapOperations) as MapOperationName[])
  .filter((name) => mapOperations[name].operands === 1)
  .map((name) => ({ inputs: [{ kind: 'activation', shape: [3, 37] }], attributes: { expression: ['a', 4, 'multiply', name] } }));

export const map: Op<MapAttributes> = {
  inputs: ['a', 'b?', 'c?', 'd?'],
  outputs: ['y'],
  infer([a, ...others], { expression }) {
    const { shape } = present('map', 'a', a);
    for (const other of others) if (other !== undefined && other.shape.length !== 1) need('map', 'an input', other.shape, shape);
    for (const other of others) if (other?.shape.length === 1 && shape.length > 1) need('map', 'a repeated row', other.shape, [last(shape)]);
    const depth = expression.reduce<number>(
      (height, word) => height + (typeof word === 'string' && word in mapOperations ? 1 - mapOperations[word as MapOperationName].operands : 1),
      0,
    );
    if (depth !== 1) throw new LlmxError('internal', `map: expression ${expression.join(' ')} leaves ${depth} values`);
    return [f32(shape)];
  },
  reference(inputs, [y], { expression }) {
    const { width } = rowsOf(inputs[0]!);
    const given = inputs.filter((input) => input !== undefined);
    const repeats = given.map((input) => input.data.length !== y!.data.length);
    for (let index = 0; index < y!.data.length; index++) {
      y!.data[index] = evaluate(
        expression,
        given.map((input, which) => input.data[repeats[which] ? index % width : index]!),
      );
    }
  },
  cases: [
    ...unary,
    {
      inputs: [
        { kind: 'activation', shape: [2, 600] },
        { kind: 'activation', shape: [2, 600] },
      ],
      attributes: { expression: ['a', 'silu', 'b', 'multiply'] },
    },
    {
      inputs: [
        { kind: 'activation', shape: [5, 33] },
        { kind: 'activation', shape: [5, 33] },
      ],
      attributes: { expression: ['a', 'b', 'add'] },
    },
    {
      inputs: [
        { kind: 'activation', shape: [5, 33] },
        { kind: 'weight', shape: [33] },
      ],
      attributes: { expression: ['a', 'b', 'add', 'softplus'] },
    },
    {
      inputs: [
        { kind: 'activation', shape: [1, 1000] },
        { kind: 'activation', shape: [1, 1000] },
        { kind: 'activation', shape: [1, 1000] },
      ],
      attributes: { expression: ['a', 'b', 'c', 'multiply', 'subtract', 0.5, 'multiply'] },
    },
  ],
  operations: (_inputs, [y], { expression }) => y!.data.length * expression.length,
};
