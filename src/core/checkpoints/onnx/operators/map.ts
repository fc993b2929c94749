// An element-wise expression, word by word.
import type { MapAttributes } from '../../../ops/map.js';
import { mapInputs, mapOperations, type MapOperationName, type MapWord } from '../../../ops/map-operations.js';
import type { Emitter } from '../emitter.js';
import type { Operator } from './operator.js';

const binary =
  (op: string) =>
  (e: Emitter, left: string, right: string): string =>
    e.one(op, [left, right]);
const unary =
  (op: string) =>
  (e: Emitter, x: string): string =>
    e.one(op, [x]);

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
function geluTanh(e: Emitter, x: string): string {
  const cube = e.one('Mul', [e.one('Pow', [x, e.float(3)]), e.float(0.044715)]);
  const bent = e.one('Tanh', [e.one('Mul', [e.one('Add', [x, cube]), e.float(Math.sqrt(2 / Math.PI))])]);
  return e.one('Mul', [e.one('Mul', [x, e.one('Add', [bent, e.float(1)])]), e.float(0.5)]);
}

const words: Readonly<Record<MapOperationName, (e: Emitter, left: string, right: string) => string>> = {
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Mul'),
  negate: unary('Neg'),
  exponential: unary('Exp'),
  sigmoid: unary('Sigmoid'),
  silu: (e, x) => e.one('Mul', [x, e.one('Sigmoid', [x])]),
  'gelu-tanh': geluTanh,
  softplus: unary('Softplus'),
  tanh: unary('Tanh'),
};

export const map: Operator<MapAttributes> = ({ e, input, attributes: { expression } }) => {
  const stack: string[] = [];
  for (const word of expression) {
    const index = (mapInputs as readonly MapWord[]).indexOf(word);
    if (typeof word === 'number') stack.push(e.float(word));
    else if (index >= 0) stack.push(input(index));
    else {
      const operation = word as MapOperationName;
      const right = mapOperations[operation].operands === 2 ? stack.pop()! : '';
      stack.push(words[operation](e, stack.pop()!, right));
    }
  }
  return [stack.pop()!];
};
