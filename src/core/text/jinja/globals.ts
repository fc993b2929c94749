// What templates find besides their variables: range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
import { binder, mappingPairs, wantInt, wantText } from './arguments.js';
import { makeDict } from './compare.js';
import { fail } from './failure.js';
import { unpack } from './iterate.js';
import { repr, str } from './print.js';
import { allotText, bounds, spend, type Run } from './run.js';
import { longestField, strftime } from './strftime.js';
import { builtin, makeRange, textOf, typeName, type Call, type Dict, type Keywords, type Opaque, type Value } from './value.js';

const range: Call = (_, positional, keywords) => {
  if (keywords.size > 0) fail('TypeError', 'range() takes no keyword arguments');
  if (positional.length < 1 || positional.length > 3) fail('TypeError', `range expected 1 to 3 arguments, got ${positional.length}`);
  const [first = 0, second, third = 1] = positional.map((value) => wantInt(value, 0));
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (third === 0) fail('ValueError', 'range() arg 3 must not be zero');
  const made = makeRange(start, stop, third);
  if (made.length > bounds.range) fail('OverflowError', `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${bounds.range}).`);
  return made;
};

function dictOf(run: Run, positional: readonly Value[], keywords: Keywords): Dict {
  if (positional.length > 1) fail('TypeError', `dict expected at most 1 argument, got ${positional.length}`);
  const pairs = positional.flatMap((value) =>
    mappingPairs(run, value, (item) => {
      const [key = null, each = null] = unpack(run, item, 2);
      return [key, each];
    }),
  );
  spend(run, pairs.length + keywords.size);
  return makeDict([...pairs, ...keywords]);
}

const dict: Opaque = { kind: 'object', typeName: 'TemplateDict', call: dictOf };

/** Transformers' namespace: names that begin with `_` are refused. */
const namespace: Call = (run, positional, keywords) => {
  const values = new Map<string, Value>();
  const assign = (name: string, value: Value): void => {
    if (name.startsWith('_')) fail('SecurityError', `Chat templates cannot store underscore-prefixed attributes on a namespace, but got '${name}'.`);
    values.set(name, value);
  };
  for (const [key, value] of dictOf(run, positional, keywords).entries.values())
    assign(textOf(key) ?? fail('unsupported', `a namespace with a key of type ${typeName(key)}`), value);
  return {
    kind: 'object',
    typeName: 'jinja2.utils.Namespace',
    attribute: (name) => values.get(name),
    assign,
    repr: (each, depth) => `<Namespace ${repr(each, makeDict(values), depth)}>`,
  };
};

const cycler: Call = (_, items) => {
  if (items.length === 0) fail('TemplateRuntimeError', 'at least one item has to be provided');
  let place = 0;
  const next = builtin(() => {
    const current = items[place]!;
    place = (place + 1) % items.length;
    return current;
  });
  const reset = builtin(() => {
    place = 0;
    return null;
  });
  const attributes = new Map<string, () => Value>([
    ['next', () => next],
    ['reset', () => reset],
    ['current', () => items[place]!],
    ['pos', () => place],
    ['items', () => ({ kind: 'tuple', items })],
  ]);
  return { kind: 'object', typeName: 'jinja2.utils.Cycler', attribute: (name) => attributes.get(name)?.() };
};

const bindJoiner = binder('joiner', 'sep=');
const joiner: Call = (_, positional, keywords) => {
  const [separator = ', '] = bindJoiner(positional, keywords);
  let used = false;
  const call: Call = () => {
    const first = !used;
    used = true;
    return first ? '' : separator;
  };
  const attribute = (name: string): Value | undefined => (name === 'sep' ? separator : name === 'used' ? used : undefined);
  return { kind: 'object', typeName: 'jinja2.utils.Joiner', call, attribute };
};

const bindMessage = binder('raise_exception', 'message');
const bindFormat = binder('strftime_now', 'format');

export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', builtin(range)],
  ['dict', dict],
  ['namespace', builtin(namespace)],
  ['cycler', builtin(cycler)],
  ['joiner', builtin(joiner)],
  ['lipsum', builtin(() => fail('unsupported', 'the function lipsum'))],
  [
    'raise_exception',
    builtin((run, positional, keywords) => {
      const [message = null] = bindMessage(positional, keywords);
      return fail('TemplateError', str(run, message));
    }),
  ],
  [
    'strftime_now',
    builtin((run, positional, keywords) => {
      const format = wantText(bindFormat(positional, keywords)[0], 'strftime_now');
      allotText(run, format.length * longestField);
      return strftime(run.now, format);
    }),
  ],
]);
