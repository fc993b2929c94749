// An element-wise expression becomes WGSL and is compiled once for each expression.
import type { MapAttributes } from '../../../ops/map.js';
import { mapInputs, mapOperations, type MapOperationName, type MapWord } from '../../../ops/map-operations.js';
import type { Kernel, Variant } from '../kernel.js';
import { lastOf, lengthOf, perItem, plain } from './shapes.js';

/** Each operation as WGSL of its operands' text. */
const spellings: Readonly<Record<MapOperationName, (left: string, right: string) => string>> = {
  add: (left, right) => `(${left} + ${right})`,
  subtract: (left, right) => `(${left} - ${right})`,
  multiply: (left, right) => `(${left} * ${right})`,
  negate: (x) => `(-${x})`,
  exponential: (x) => `exp(${x})`,
  sigmoid: (x) => `sigmoid(${x})`,
  silu: (x) => `silu(${x})`,
  'gelu-tanh': (x) => `gelu_tanh(${x})`,
  softplus: (x) => `softplus(${x})`,
  tanh: (x) => `bounded_tanh(${x})`,
};

/** A finite number as a WGSL literal. */
const literal = (value: number): string => `f32(${Number.isInteger(value) ? value.toFixed(1) : Math.fround(value)})`;

function expressionOf(words: readonly MapWord[]): string {
  const stack: string[] = [];
  for (const word of words) {
    if (typeof word === 'number') stack.push(literal(word));
    else if ((mapInputs as readonly string[]).includes(word)) stack.push(word);
    else {
      const operation = word as MapOperationName;
      const right = mapOperations[operation].operands === 2 ? stack.pop()! : '';
      stack.push(spellings[operation](stack.pop()!, right));
    }
  }
  return stack.pop()!;
}

/** A variant whose `expression` is this one. */
export const spelled = (variant: Variant, expression: readonly MapWord[]): Variant => ({
  ...variant,
  uses: [...variant.uses, 'shared/map-functions'],
  splices: { expression: expressionOf(expression) },
});

export const map: Kernel<MapAttributes> = {
  buffers: [],
  variant: ({ attributes: { expression } }, device) => spelled(plain('map', device), expression),
  params: ({ inputs, outputs: [y] }) => ({
    count: lengthOf(y),
    width: lastOf(y),
    repeats: inputs.reduce((bits, input, which) => (input !== undefined && lengthOf(input) !== lengthOf(y) ? bits + 2 ** which : bits), 0),
  }),
  grid: ({ outputs: [y] }, variant) => perItem(lengthOf(y), variant),
};
