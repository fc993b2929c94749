// The operators of expressions: + - * / // % **, unary minus, comparisons, ~.
import { equal, order } from './compare.js';
import { fail } from './failure.js';
import { contains } from './iterate.js';
import { arithmetic, type Arithmetic } from './numbers.js';
import { formatPercent } from './percent.js';
import { str } from './print.js';
import { allotItems, allotText, spend, type Run } from './run.js';
import { escapeHtml } from './text.js';
import { failUndefined, float, intOf, isInt, isKind, isUndefined, list, markup, numberOf, textOf, tuple, typeName, type Value } from './value.js';

export function binary(run: Run, operator: Arithmetic, left: Value, right: Value): Value {
  spend(run, 1);
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return concatenate(run, left, right);
  if (operator === '%' && textOf(left) !== undefined) return formatPercent(run, left, right);
  if (isUndefined(left)) failUndefined(left);
  if (isUndefined(right)) failUndefined(right);
  return arithmetic(operator, left, right) ?? sequences(run, operator, left, right) ?? mismatch(operator, left, right);
}

function sequences(run: Run, operator: Arithmetic, left: Value, right: Value): Value | undefined {
  if (operator === '*') {
    const [sequence, times] = intOf(left) === undefined ? [left, intOf(right)] : [right, intOf(left)];
    return times === undefined ? undefined : repeat(run, sequence, Number(times));
  }
  if (operator !== '+') return undefined;
  const [a, b] = [textOf(left), textOf(right)];
  if (a !== undefined && b !== undefined) return addMarked(run, left, right, a, b);
  for (const kind of ['list', 'tuple'] as const) {
    if (!isKind(left, kind) || !isKind(right, kind)) continue;
    allotItems(run, left.items.length + right.items.length);
    return { kind, items: [...left.items, ...right.items] };
  }
  return undefined;
}

function concatenate(run: Run, a: string, b: string): string {
  allotText(run, a.length + b.length);
  return a + b;
}

function addMarked(run: Run, left: Value, right: Value, a: string, b: string): Value {
  const escapeIf = (value: Value, text: string): string => (isKind(value, 'markup') ? text : escapeHtml(text));
  return markup(concatenate(run, escapeIf(left, a), escapeIf(right, b)));
}

function repeat(run: Run, sequence: Value, times: number): Value | undefined {
  if (Math.abs(times) >= 2 ** 63) fail('OverflowError', "cannot fit 'int' into an index-sized integer");
  const count = Math.max(0, times);
  const text = textOf(sequence);
  if (text !== undefined) {
    allotText(run, text.length * count);
    const repeated = text === '' ? '' : text.repeat(count);
    return isKind(sequence, 'markup') ? markup(repeated) : repeated;
  }
  if (!isKind(sequence, 'list') && !isKind(sequence, 'tuple')) return undefined;
  allotItems(run, sequence.items.length * count);
  const items = sequence.items.length === 0 ? [] : Array.from({ length: count }, () => sequence.items).flat();
  return isKind(sequence, 'list') ? list(items) : tuple(items);
}

function mismatch(operator: Arithmetic, left: Value, right: Value): never {
  const [a, b] = [typeName(left), typeName(right)];
  if (operator === '+' && (textOf(left) !== undefined || isKind(left, 'list') || isKind(left, 'tuple')))
    fail('TypeError', `can only concatenate ${a} (not "${b}") to ${a}`);
  if (isKind(left, 'view') && isKind(right, 'view')) fail('unsupported', 'sets of dict views');
  return fail('TypeError', `unsupported operand type(s) for ${operator === '**' ? '** or pow()' : operator}: '${a}' and '${b}'`);
}

export function unary(operator: '+' | '-', value: Value): Value {
  const int = intOf(value);
  if (int !== undefined) return operator === '-' ? arithmetic('-', 0, int)! : int;
  const number = numberOf(value);
  if (number !== undefined) return float(operator === '-' ? -number : number);
  if (isUndefined(value)) failUndefined(value);
  return fail('TypeError', `bad operand type for unary ${operator}: '${typeName(value)}'`);
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'notin';

export function compare(run: Run, operator: Comparison, left: Value, right: Value): boolean {
  spend(run, 1);
  switch (operator) {
    case '==':
      return equal(run, left, right);
    case '!=':
      return !equal(run, left, right);
    case '<':
      return order(run, left, right, '<') < 0;
    case '<=':
      return order(run, left, right, '<=') <= 0;
    case '>':
      return order(run, left, right, '>') > 0;
    case '>=':
      return order(run, left, right, '>=') >= 0;
    case 'in':
      return contains(run, right, left);
    case 'notin':
      return !contains(run, right, left);
  }
}

/** `~`: all of them as strings. */
export function concat(run: Run, parts: readonly Value[]): string {
  let text = '';
  for (const part of parts) {
    const piece = str(run, part);
    allotText(run, text.length + piece.length);
    text += piece;
  }
  return text;
}

/** The int of an argument that must be one. */
export function indexOf(value: Value, what: string): number {
  if (isInt(value)) return Number(value);
  if (typeof value === 'boolean') return Number(value);
  if (isUndefined(value)) fail('TypeError', `'Undefined' object cannot be interpreted as an integer`);
  return fail('TypeError', `${what}: '${typeName(value)}' object cannot be interpreted as an integer`);
}
