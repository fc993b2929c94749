// Filters on sequences and mappings. Those that Jinja2 makes generators yield their items once.
import { binder, wantInt, type Bound } from './arguments.js';
import { attribute, attributeOf } from './attributes.js';
import { equal, order, sorted } from './compare.js';
import { fail } from './failure.js';
import { attributeGetter } from './filters-text.js';
import { each, itemsOf, iterate, iteratorOf, lengthOf, truthy, viewItems } from './iterate.js';
import { binary } from './operators.js';
import { allotItems, spend, type Run } from './run.js';
import { reversed } from './text.js';
import { isKind, isUndefined, iterating, list, makeText, textOf, typeName, undefinedOf, type Call, type Keywords, type Value } from './value.js';

export const sequenceFilters = new Map<string, Call>();

function define(name: string, signature: string, body: (run: Run, bound: Bound) => Value): void {
  const bind = binder(name, signature);
  sequenceFilters.set(name, (run, positional, keywords) => body(run, bind(positional, keywords)));
}

const generator = (items: Iterator<Value, void>): Value => iterating('generator', items);
const lower = (value: Value): Value => {
  const text = textOf(value);
  return text === undefined ? value : text.toLowerCase();
};
/** What to compare items by: an attribute, in lower case where case is ignored. */
function sortKey(run: Run, name: Value | undefined, caseSensitive: Value | undefined, otherwise?: Value): (value: Value) => Value {
  const get = attributeGetter(run, name ?? null, otherwise);
  return truthy(run, caseSensitive ?? false) ? get : (value) => lower(get(value));
}

for (const name of ['length', 'count']) {
  define(name, 'obj, /', (run, [value = null]) => lengthOf(run, value) ?? fail('TypeError', `object of type '${typeName(value)}' has no len()`));
}
define('list', 'value', (run, [value = null]) => list(itemsOf(run, value)));

define('first', 'seq', (run, [value = null]) => {
  const next = iterate(run, value).next();
  return next.done === true ? undefinedOf(() => 'No first item, sequence was empty.') : next.value;
});

define('last', 'seq', (run, [value = null]) => {
  const items = reversible(run, value) ?? fail('TypeError', `'${typeName(value)}' object is not reversible`);
  return items.at(-1) ?? (items.length > 0 ? null : undefinedOf(() => 'No last item, sequence was empty.'));
});

/** The items of what Python's `reversed` takes. */
function reversible(run: Run, value: Value): readonly Value[] | undefined {
  if (isKind(value, 'iterator') || isKind(value, 'object') || iteratorOf(run, value) === undefined) return undefined;
  return itemsOf(run, value);
}

const reverseNames: Readonly<Record<string, string>> = {
  list: 'list_reverseiterator',
  dict: 'dict_reversekeyiterator',
  range: 'range_iterator',
  tuple: 'reversed',
};

define('reverse', 'value', (run, [value = null]) => {
  const text = textOf(value);
  spend(run, text?.length ?? 1);
  if (text !== undefined) return makeText(reversed(text), isKind(value, 'markup'));
  if (iteratorOf(run, value) === undefined) fail('FilterArgumentError', 'argument must be iterable');
  const items = [...itemsOf(run, value)].reverse();
  return reversible(run, value) === undefined ? list(items) : iterating(reverseNames[typeName(value)] ?? 'reversed', items[Symbol.iterator]());
});

define('items', 'value', (_, [value = null]) => generator(mappingItems(value)));

function* mappingItems(value: Value): Generator<Value, void> {
  if (isUndefined(value)) return;
  if (!isKind(value, 'dict')) return fail('TypeError', 'Can only get item pairs from a mapping.');
  yield* viewItems({ kind: 'view', of: 'items', dict: value });
}

define('dictsort', 'value, case_sensitive=, by=, reverse=', (run, [value = null, caseSensitive, by = 'key', reverse]) => {
  const place = ['key', 'value'].indexOf(textOf(by) ?? '');
  if (place < 0) fail('FilterArgumentError', 'You can only sort by either "key" or "value"');
  if (!isKind(value, 'dict')) return fail('TypeError', `'${typeName(value)}' object has no items`);
  const pairs = viewItems({ kind: 'view', of: 'items', dict: value });
  const key = sortKey(run, place, caseSensitive);
  return list(sorted(run, pairs, key, truthy(run, reverse ?? false)));
});

define('sort', 'value, reverse=, case_sensitive=, attribute=', (run, [value = null, reverse, caseSensitive, name]) => {
  const names = textOf(name ?? null)?.split(',') ?? [name ?? null];
  const keys = names.map((each) => sortKey(run, each, caseSensitive));
  return list(sorted(run, itemsOf(run, value), (item) => list(keys.map((key) => key(item))), truthy(run, reverse ?? false)));
});

define('unique', 'value, case_sensitive=, attribute=', (run, [value = null, caseSensitive, name]) => {
  const key = sortKey(run, name, caseSensitive);
  return generator(uniqueItems(run, value, key));
});

function* uniqueItems(run: Run, value: Value, key: (value: Value) => Value): Generator<Value, void> {
  const seen: Value[] = [];
  const texts = new Set<string>();
  for (const item of each(run, value)) {
    const found = key(item);
    const text = textOf(found);
    if (text === undefined ? seen.some((other) => equal(run, other, found)) : texts.has(text)) continue;
    if (isKind(found, 'list') || isKind(found, 'dict')) fail('TypeError', `unhashable type: '${typeName(found)}'`);
    if (text === undefined) seen.push(found);
    else texts.add(text);
    spend(run, seen.length);
    yield item;
  }
}

for (const [name, sign] of [
  ['min', 1],
  ['max', -1],
] as const) {
  define(name, 'value, case_sensitive=, attribute=', (run, [value = null, caseSensitive, by]) => {
    const key = sortKey(run, by, caseSensitive);
    const items = itemsOf(run, value);
    if (items.length === 0) return undefinedOf(() => 'No aggregated item, sequence was empty.');
    return items.slice(1).reduce<Value>((best, item) => (order(run, key(item), key(best), sign > 0 ? '<' : '>') * sign < 0 ? item : best), items[0]!);
  });
}

define('sum', 'iterable, attribute=, start=', (run, [value = null, name, start = 0]) => {
  const get = attributeGetter(run, name ?? null);
  if (textOf(start) !== undefined) fail('TypeError', "sum() can't sum strings [use ''.join(seq) instead]");
  let sum = start;
  for (const item of each(run, value)) sum = binary(run, '+', sum, get(item));
  return sum;
});

define('groupby', 'value, attribute, default=, case_sensitive=', (run, [value = null, name, otherwise, caseSensitive]) => {
  const key = sortKey(run, name, caseSensitive, otherwise);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(run, itemsOf(run, value), key, false)) {
    const last = groups.at(-1);
    if (last !== undefined && equal(run, last.key, key(item))) last.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  const exact = attributeGetter(run, name ?? null, otherwise);
  return list(groups.map(({ items }) => ({ kind: 'tuple', items: [exact(items[0]!), list(items)], names: ['grouper', 'list'] })));
});

define('batch', 'value, linecount, fill_with=', (run, [value = null, count, fill]) =>
  generator(batches(run, value, wantInt(count, 0), fill ?? null)),
);

function* batches(run: Run, value: Value, size: number, fill: Value): Generator<Value, void> {
  let batch: Value[] = [];
  for (const item of each(run, value)) {
    if (batch.length === size) {
      yield list(batch);
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length > 0 && fill !== null && batch.length < size) {
    allotItems(run, size);
    batch = [...batch, ...Array.from({ length: size - batch.length }, () => fill)];
  }
  if (batch.length > 0) yield list(batch);
}

define('slice', 'value, slices, fill_with=', (run, [value = null, slices, fill]) => generator(columns(run, value, wantInt(slices, 0), fill ?? null)));

function* columns(run: Run, value: Value, count: number, fill: Value): Generator<Value, void> {
  const items = itemsOf(run, value);
  if (count === 0) fail('ZeroDivisionError', 'integer division or modulo by zero');
  const [each, extra] = [Math.floor(items.length / count), items.length % count];
  let start = 0;
  for (let column = 0; column < count; column += 1) {
    const end = start + each + (column < extra ? 1 : 0);
    spend(run, 1 + end - start);
    yield list(fill !== null && column >= extra ? [...items.slice(start, end), fill] : items.slice(start, end));
    start = end;
  }
}

define('attr', 'obj, name', (run, [value = null, name = null]) => {
  const key = textOf(name) ?? fail('TypeError', `attribute name must be string, not '${typeName(name)}'`);
  if (isUndefined(value)) return attribute(run, value, key);
  return attributeOf(run, value, key) ?? undefinedOf(() => `'${typeName(value)} object' has no attribute '${key}'`);
});

sequenceFilters.set('map', (run, [value = null, ...rest], keywords) => generator(mapped(run, value, rest, keywords)));

function* mapped(run: Run, value: Value, rest: readonly Value[], keywords: Keywords): Generator<Value, void> {
  if (!truthy(run, value)) return;
  const change = mapping(run, rest, keywords);
  for (const item of each(run, value)) yield change(item);
}

function mapping(run: Run, [name, ...rest]: readonly Value[], keywords: Keywords): (value: Value) => Value {
  const by = keywords.get('attribute');
  if (name === undefined && by !== undefined) {
    const unexpected = [...keywords.keys()].find((key) => key !== 'attribute' && key !== 'default');
    if (unexpected !== undefined) fail('FilterArgumentError', `Unexpected keyword argument '${unexpected}'`);
    return attributeGetter(run, by, keywords.get('default'));
  }
  if (name === undefined) return fail('FilterArgumentError', 'map requires a filter argument');
  const call = run.callables.filter(textOf(name) ?? '') ?? fail('TemplateRuntimeError', `No filter named '${textOf(name) ?? typeName(name)}'.`);
  return (value) => call(run, [value, ...rest], keywords);
}

for (const [name, keep, byAttribute] of [
  ['select', true, false],
  ['reject', false, false],
  ['selectattr', true, true],
  ['rejectattr', false, true],
] as const) {
  sequenceFilters.set(name, (run, [value = null, ...rest], keywords) => generator(selected(run, value, rest, keywords, keep, byAttribute)));
}

function* selected(run: Run, value: Value, rest: readonly Value[], keywords: Keywords, keep: boolean, byAttribute: boolean): Generator<Value, void> {
  if (!truthy(run, value)) return;
  if (byAttribute && rest.length === 0) fail('FilterArgumentError', 'Missing parameter for attribute name');
  const get = byAttribute ? attributeGetter(run, rest[0]!) : (item: Value): Value => item;
  const [name, ...others] = rest.slice(byAttribute ? 1 : 0);
  const test =
    name === undefined
      ? undefined
      : (run.callables.test(textOf(name) ?? '') ?? fail('TemplateRuntimeError', `No test named '${textOf(name) ?? typeName(name)}'.`));
  for (const item of each(run, value)) {
    const found = get(item);
    if (truthy(run, test === undefined ? found : test(run, [found, ...others], keywords)) === keep) yield item;
  }
}
