// Arithmetic of Python's ints and floats, and their shortest spelling.
import { fail } from './failure.js';
import { bounds } from './run.js';
import { float, intOf, numberOf, type Int, type Value } from './value.js';

export function normal(value: bigint): Int {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : bounded(value);
}

function bounded(value: bigint): bigint {
  if ((value < 0n ? -value : value) >> BigInt(bounds.bits) > 0n) fail('limit', `an integer has more than ${bounds.bits} bits`);
  return value;
}

export type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Undefined where one of the two is no number. */
export function arithmetic(operator: Arithmetic, left: Value, right: Value): Value | undefined {
  const [a, b] = [intOf(left), intOf(right)];
  if (a !== undefined && b !== undefined) return intArithmetic(operator, a, b);
  const [x, y] = [numberOf(left), numberOf(right)];
  if (x === undefined || y === undefined) return undefined;
  return float(floatArithmetic(operator, x, y));
}

function intArithmetic(operator: Arithmetic, a: Int, b: Int): Value {
  switch (operator) {
    case '+':
      return exact(a, b, Number(a) + Number(b), (m, n) => m + n);
    case '-':
      return exact(a, b, Number(a) - Number(b), (m, n) => m - n);
    case '*':
      return exact(a, b, Number(a) * Number(b), (m, n) => m * n);
    case '/':
      return float(floatArithmetic('/', Number(a), Number(b)));
    case '//':
      return floorDivide(a, b)[0];
    case '%':
      return floorDivide(a, b)[1];
    case '**':
      return power(a, b);
  }
}

function exact(a: Int, b: Int, quick: number, slow: (a: bigint, b: bigint) => bigint): Int {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(quick)) return quick + 0;
  return normal(slow(BigInt(a), BigInt(b)));
}

/** Quotient rounded down, and the rest, which has the sign of the divisor. */
export function floorDivide(a: Int, b: Int): readonly [Int, Int] {
  if (Number(b) === 0) fail('ZeroDivisionError', 'integer division or modulo by zero');
  const [m, n] = [BigInt(a), BigInt(b)];
  let [quotient, rest] = [m / n, m % n];
  if (rest !== 0n && rest < 0n !== n < 0n) [quotient, rest] = [quotient - 1n, rest + n];
  return [normal(quotient), normal(rest)];
}

function power(a: Int, b: Int): Value {
  if (b < 0) return float(floatArithmetic('**', Number(a), Number(b)));
  const size = BigInt(a).toString(2).length * Number(b);
  if (size > bounds.bits && Math.abs(Number(a)) > 1) fail('limit', `an integer has more than ${bounds.bits} bits`);
  return normal(
    Math.abs(Number(a)) > 1
      ? BigInt(a) ** BigInt(b)
      : Number(a) === -1
        ? (BigInt(b) & 1n) === 1n
          ? -1n
          : 1n
        : Number(a) === 0 && Number(b) > 0
          ? 0n
          : 1n,
  );
}

function floatArithmetic(operator: Arithmetic, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return y === 0 ? fail('ZeroDivisionError', 'division by zero') : x / y;
    case '//':
      return floatFloor(x, y)[0];
    case '%':
      return floatFloor(x, y)[1];
    case '**':
      return floatPower(x, y);
  }
}

/** As CPython's float_divmod. */
function floatFloor(x: number, y: number): readonly [number, number] {
  if (y === 0) fail('ZeroDivisionError', 'float floor division by zero');
  let rest = x % y;
  let quotient = (x - rest) / y;
  if (rest === 0) rest = y < 0 ? -0 : 0;
  else if (y < 0 !== rest < 0) {
    rest += y;
    quotient -= 1;
  }
  if (quotient === 0) return [x / y < 0 || Object.is(x / y, -0) ? -0 : 0, rest];
  const floor = Math.floor(quotient);
  return [quotient - floor > 0.5 ? floor + 1 : floor, rest];
}

function floatPower(x: number, y: number): number {
  if (x === 0 && y < 0) fail('ZeroDivisionError', '0.0 cannot be raised to a negative power');
  if (x === 1) return 1;
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) fail('unsupported', 'complex numbers');
  const result = x ** y;
  if (!Number.isFinite(result) && Number.isFinite(x) && Number.isFinite(y)) fail('OverflowError', 'Numerical result out of range');
  return result;
}

/** `repr` of a float: the shortest decimal that reads back as it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [mantissa = '', exponentText = ''] = Math.abs(value).toExponential().split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (exponent >= 16 || exponent < -4) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}

/** What `int(text, base)` reads, or undefined. */
export function readInt(text: string, base: number): Int | undefined {
  const match = /^([+-]?)(0[xob])?(_?[0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(trimAscii(text));
  if (match === null) return undefined;
  const [, sign = '', prefix = '', rest = ''] = match;
  const named = { '0x': 16, '0o': 8, '0b': 2 }[prefix.toLowerCase()];
  // `0b1` is binary in base 2 and digits in base 16.
  const prefixed = named !== undefined && (base === named || base === 0);
  if (!prefixed && rest.startsWith('_')) return undefined;
  const digits = (prefixed ? rest : prefix + rest).replaceAll('_', '').toLowerCase();
  const radix = base === 0 ? (named ?? 10) : base;
  if (base === 0 && !prefixed && /^0+[1-9]/.test(digits)) return undefined;
  if (radix < 2 || radix > 36 || digits.length > 4300) return undefined;
  let value = 0n;
  for (const digit of digits) {
    const worth = Number.parseInt(digit, 36);
    if (!(worth < radix)) return undefined;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return normal(sign === '-' ? -value : value);
}

/** What `float(text)` reads, or undefined. */
export function readFloat(text: string): number | undefined {
  const trimmed = trimAscii(text);
  if (/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i.test(trimmed)) return Number(trimmed.replaceAll('_', ''));
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (special === null) return undefined;
  return special[2]!.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
}

const trimAscii = (text: string): string => text.trim();

/** `int(value)` of a finite float. */
export function truncate(value: number): Int {
  if (Number.isNaN(value)) fail('ValueError', 'cannot convert float NaN to integer');
  if (!Number.isFinite(value)) fail('OverflowError', 'cannot convert float infinity to integer');
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : normal(BigInt(whole));
}
