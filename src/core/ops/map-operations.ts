// The words of an element-wise expression (postfix): how many operands each takes, its meaning in float64, its number for compiled backends.

export interface MapOperation {
  readonly code: number;
  readonly operands: 1 | 2;
  apply(left: number, right: number): number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Complementary use of tanh: GPT-2's approximation of the Gaussian error linear unit (Hendrycks and Gimpel 2016). */
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const mapOperations = {
  add: { code: 10, operands: 2, apply: (left, right) => left + right },
  subtract: { code: 11, operands: 2, apply: (left, right) => left - right },
  multiply: { code: 12, operands: 2, apply: (left, right) => left * right },
  negate: { code: 20, operands: 1, apply: (x) => -x },
  exponential: { code: 21, operands: 1, apply: (x) => Math.exp(x) },
  sigmoid: { code: 22, operands: 1, apply: sigmoid },
  silu: { code: 23, operands: 1, apply: (x) => x * sigmoid(x) },
  'gelu-tanh': { code: 24, operands: 1, apply: geluTanh },
  softplus: { code: 25, operands: 1, apply: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) },
  tanh: { code: 26, operands: 1, apply: (x) => Math.tanh(x) },
} as const satisfies Record<string, MapOperation>;

export type MapOperationName = keyof typeof mapOperations;

/** An input by its letter, a constant, or an operation on what came before. */
export type MapWord = 'a' | 'b' | 'c' | 'd' | number | MapOperationName;
export const mapInputs = ['a', 'b', 'c', 'd'] as const;
