// Equality, order and hashing of values.
import { fail } from './failure.js';
import { bounds, spend, type Run } from './run.js';
import {
  failUndefined,
  intOf,
  isInt,
  isKind,
  isUndefined,
  numberOf,
  textOf,
  typeName,
  type Dict,
  type Entry,
  type Key,
  type Range,
  type Value,
} from './value.js';

/** As keys of a dict: equal values have one key. Fails for what cannot be hashed. */
export function keyOf(value: Value): Key {
  if (value === null) return null;
  const text = textOf(value);
  // The mark sets strings apart from what else is spelled as a string here.
  if (text !== undefined) return text.startsWith('\0') ? `\0s${text}` : text;
  if (typeof value === 'boolean') return Number(value);
  if (isInt(value)) return value;
  if (isUndefined(value)) return undefined;
  if (isKind(value, 'float')) return Number.isSafeInteger(value.value) || !Number.isInteger(value.value) ? value.value + 0 : BigInt(value.value);
  if (isKind(value, 'tuple')) return tupleKey(value.items);
  return fail(isKind(value, 'object') || isKind(value, 'range') ? 'unsupported' : 'TypeError', `unhashable type: '${typeName(value)}'`);
}

/** Tuples of tuples double with every level. */
const longestKey = 1 << 16;

function tupleKey(items: readonly Value[]): string {
  let key = '\0t';
  for (const item of items) {
    key += `${JSON.stringify(spelled(keyOf(item)))},`;
    if (key.length > longestKey) fail('limit', `the key of a dict is longer than ${longestKey} characters`);
  }
  return key;
}

const spelled = (key: Key): string => `${typeof key === 'number' || typeof key === 'bigint' ? 'n' : typeof key}${String(key)}`;

export function makeDict(entries: Iterable<Entry>): Dict {
  const map = new Map<Key, Entry>();
  for (const [name, value] of entries) {
    const key = keyOf(name);
    map.set(key, [map.get(key)?.[0] ?? name, value]);
  }
  return { kind: 'dict', entries: map };
}

/** Two texts may be the same up to the end of the shorter one. */
const spendOnText = (run: Run, text: string): void => spend(run, text.length / bounds.charactersPerUnit);

export function equal(run: Run, left: Value, right: Value, depth = 0): boolean {
  if (left === right) return true;
  const [a, b] = [textOf(left), textOf(right)];
  if (a !== undefined || b !== undefined) {
    if (a?.length === b?.length) spendOnText(run, a!);
    return a === b;
  }
  const [x, y] = [numberOf(left), numberOf(right)];
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && numbersEqual(left, right, x, y);
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (left.kind !== right.kind) return false;
  if (depth > bounds.valueDepth) fail('limit', 'values are nested too deeply to compare');
  spend(run, 1);
  return objectsEqual(run, left, right, depth + 1);
}

function numbersEqual(left: Value, right: Value, x: number, y: number): boolean {
  const [a, b] = [intOf(left), intOf(right)];
  return a !== undefined && b !== undefined ? BigInt(a) === BigInt(b) : x === y;
}

function objectsEqual(run: Run, left: Value, right: Value, depth: number): boolean {
  if (isUndefined(left)) return true;
  if ((isKind(left, 'list') && isKind(right, 'list')) || (isKind(left, 'tuple') && isKind(right, 'tuple')))
    return left.items.length === right.items.length && left.items.every((each, index) => equal(run, each, right.items[index]!, depth));
  if (isKind(left, 'dict') && isKind(right, 'dict')) return dictsEqual(run, left, right, depth);
  if (isKind(left, 'range') && isKind(right, 'range')) return rangesEqual(left, right);
  if (isKind(left, 'view') && isKind(right, 'view') && left.of !== 'values' && left.of === right.of)
    return left.of === 'keys' ? sameKeys(left.dict, right.dict) : dictsEqual(run, left.dict, right.dict, depth);
  return false;
}

const sameKeys = (left: Dict, right: Dict): boolean =>
  left.entries.size === right.entries.size && [...left.entries.keys()].every((key) => right.entries.has(key));

function dictsEqual(run: Run, left: Dict, right: Dict, depth: number): boolean {
  return sameKeys(left, right) && [...left.entries].every(([key, [, value]]) => equal(run, value, right.entries.get(key)![1], depth));
}

const rangesEqual = (left: Range, right: Range): boolean =>
  left.length === right.length && (left.length === 0 || (left.start === right.start && (left.length === 1 || left.step === right.step)));

/** Negative, zero or positive; NaN where floats have no order. Fails where Python knows none. */
export function order(run: Run, left: Value, right: Value, operator = '<', depth = 0): number {
  const [a, b] = [textOf(left), textOf(right)];
  if (a !== undefined && b !== undefined) {
    spendOnText(run, a.length < b.length ? a : b);
    return a === b ? 0 : textBefore(a, b) ? -1 : 1;
  }
  const [m, n] = [intOf(left), intOf(right)];
  if (m !== undefined && n !== undefined) return m < n ? -1 : m > n ? 1 : 0;
  const [x, y] = [numberOf(left), numberOf(right)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
  if (isUndefined(left)) failUndefined(left);
  if (isUndefined(right)) failUndefined(right);
  if (depth > bounds.valueDepth) fail('limit', 'values are nested too deeply to compare');
  spend(run, 1);
  if ((isKind(left, 'list') && isKind(right, 'list')) || (isKind(left, 'tuple') && isKind(right, 'tuple'))) {
    const differs = left.items.findIndex((each, index) => index >= right.items.length || !equal(run, each, right.items[index]!, depth + 1));
    if (differs < 0 || differs >= right.items.length) return left.items.length - right.items.length;
    return order(run, left.items[differs]!, right.items[differs]!, operator, depth + 1);
  }
  if (isKind(left, 'view') && isKind(right, 'view')) fail('unsupported', 'order of dict views');
  return fail('TypeError', `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
}

/** By code points, which UTF-16 orders otherwise beyond the first plane. */
function textBefore(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at >= a.length || at >= b.length) return a.length < b.length;
  const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
  const lifted = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  return lifted(x) < lifted(y);
}

/** Stable, by `keys`; descending keeps equal items in their order as well. */
export function sorted(run: Run, items: readonly Value[], keys: (item: Value) => Value, descending: boolean): readonly Value[] {
  spend(run, items.length * 4);
  const keyed = items.map((item) => ({ item, key: keys(item) }));
  const before = (a: Value, b: Value): boolean => {
    spend(run, 1);
    return order(run, a, b) < 0;
  };
  keyed.sort((a, b) =>
    descending ? (before(b.key, a.key) ? -1 : before(a.key, b.key) ? 1 : 0) : before(a.key, b.key) ? -1 : before(b.key, a.key) ? 1 : 0,
  );
  return keyed.map(({ item }) => item);
}
