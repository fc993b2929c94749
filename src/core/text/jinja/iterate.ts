// Truth, length, iteration, membership.
import { equal, keyOf } from './compare.js';
import { fail } from './failure.js';
import { spend, bounds, type Run } from './run.js';
import { characters, textLength } from './text.js';
import { isInt, isKind, isUndefined, textOf, tuple, typeName, type Range, type Value, type View } from './value.js';

export function truthy(run: Run, value: Value): boolean {
  if (value === null || value === false) return false;
  if (value === true) return true;
  if (isInt(value)) return Number(value) !== 0;
  if (typeof value === 'string') return value !== '';
  switch (value.kind) {
    case 'float':
      return value.value !== 0;
    case 'markup':
      return value.text !== '';
    case 'undefined':
      return false;
    case 'list':
    case 'tuple':
      return value.items.length > 0;
    case 'dict':
      return value.entries.size > 0;
    case 'range':
      return value.length > 0;
    case 'view':
      return value.dict.entries.size > 0;
    case 'iterator':
      return true;
    case 'object':
      return value.length === undefined || value.length(run) > 0;
  }
}

/** Undefined where it has none. */
export function lengthOf(run: Run, value: Value): number | undefined {
  const text = textOf(value);
  if (text !== undefined) {
    spend(run, text.length / bounds.charactersPerUnit);
    return textLength(text);
  }
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'undefined':
      return 0;
    case 'list':
    case 'tuple':
      return value.items.length;
    case 'dict':
      return value.entries.size;
    case 'view':
      return value.dict.entries.size;
    case 'range':
      return value.length;
    case 'object':
      return value.length?.(run);
    default:
      return undefined;
  }
}

export const rangeItem = (range: Range, index: number): number => range.start + range.step * index;

function* rangeItems(range: Range): Generator<Value, void> {
  for (let index = 0; index < range.length; index += 1) yield rangeItem(range, index);
}

export function viewItems(view: View): readonly Value[] {
  const entries = [...view.dict.entries.values()];
  return entries.map((entry) => (view.of === 'keys' ? entry[0] : view.of === 'values' ? entry[1] : tuple(entry)));
}

/** Undefined where it cannot be iterated. */
export function iteratorOf(run: Run, value: Value): Iterator<Value, void> | undefined {
  if (typeof value === 'string') {
    spend(run, 1 + value.length);
    return characters(value)[Symbol.iterator]();
  }
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'markup':
      return characters(value.text)[Symbol.iterator]();
    case 'undefined':
      return ([] as Value[])[Symbol.iterator]();
    case 'list':
    case 'tuple':
      return value.items[Symbol.iterator]();
    case 'dict':
      return [...value.entries.values()].map(([key]) => key)[Symbol.iterator]();
    case 'view':
      return viewItems(value)[Symbol.iterator]();
    case 'range':
      return rangeItems(value);
    case 'iterator':
      return value.iterator;
    case 'object':
      return value.iterate?.(run);
    default:
      return undefined;
  }
}

export function iterate(run: Run, value: Value): Iterator<Value, void> {
  return iteratorOf(run, value) ?? fail('TypeError', `'${typeName(value)}' object is not iterable`);
}

export function* each(run: Run, value: Value): Generator<Value, void> {
  const iterator = iterate(run, value);
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    spend(run, 1);
    yield next.value;
  }
}

export function itemsOf(run: Run, value: Value): readonly Value[] {
  if (isKind(value, 'list') || isKind(value, 'tuple')) {
    spend(run, value.items.length);
    return value.items;
  }
  const items: Value[] = [];
  for (const item of each(run, value)) {
    items.push(item);
    if (items.length > bounds.items) fail('limit', `a list is longer than ${bounds.items} items`);
  }
  return items;
}

export function contains(run: Run, container: Value, item: Value): boolean {
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(item);
    if (part === undefined) return fail('TypeError', `'in <string>' requires string as left operand, not ${typeName(item)}`);
    spend(run, 1 + text.length / bounds.charactersPerUnit);
    return text.includes(part);
  }
  if (isKind(container, 'dict')) return container.entries.has(keyOf(item));
  if (isKind(container, 'view') && container.of === 'keys') return container.dict.entries.has(keyOf(item));
  if (iteratorOf(run, container) === undefined) fail('TypeError', `argument of type '${typeName(container)}' is not iterable`);
  for (const candidate of each(run, container)) if (equal(run, candidate, item)) return true;
  return false;
}

/** The items of what is assigned to `count` targets at once. */
export function unpack(run: Run, value: Value, count: number): readonly Value[] {
  if (isUndefined(value) && count > 0) fail('ValueError', `not enough values to unpack (expected ${count}, got 0)`);
  if (iteratorOf(run, value) === undefined) fail('TypeError', `cannot unpack non-iterable ${typeName(value)} object`);
  const items: Value[] = [];
  for (const item of each(run, value)) {
    if (items.length === count) fail('ValueError', `too many values to unpack (expected ${count})`);
    items.push(item);
  }
  if (items.length < count) fail('ValueError', `not enough values to unpack (expected ${count}, got ${items.length})`);
  return items;
}
