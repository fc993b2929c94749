// The variable `loop` of a loop, and the iteration that it watches.
import { equal } from './compare.js';
import { fail } from './failure.js';
import { iterate, lengthOf } from './iterate.js';
import { spend, type Run } from './run.js';
import { builtin, tuple, undefinedOf, type Call, type Opaque, type Value } from './value.js';

export interface Loop {
  readonly value: Opaque;
  /** Undefined at the end. */
  next(): Value | undefined;
}

/** `recurse` renders the loop's body again, of other items; undefined where the loop is not recursive. */
export function openLoop(run: Run, iterable: Value, recurse: ((iterable: Value, depth: number) => Value) | undefined, depth: number): Loop {
  let iterator = iterate(run, iterable);
  let index = -1;
  let length: number | undefined;
  let before: Value | undefined;
  let current: Value | undefined;
  let after: Value | undefined;
  let changedTo: Value | undefined;

  const pull = (): Value | undefined => {
    const result = iterator.next();
    return result.done === true ? undefined : result.value;
  };
  const peek = (): Value | undefined => (after ??= after === null ? null : pull());
  const count = (): number => {
    if (length !== undefined) return length;
    length = lengthOf(run, iterable);
    if (length !== undefined) return length;
    const rest: Value[] = [];
    for (let value = pull(); value !== undefined; value = pull()) {
      spend(run, 1);
      rest.push(value);
    }
    iterator = rest[Symbol.iterator]();
    length = rest.length + index + 1 + (after === undefined ? 0 : 1);
    return length;
  };
  const next = (): Value | undefined => {
    const item = after === undefined ? pull() : after;
    after = undefined;
    if (item === undefined) return undefined;
    index += 1;
    before = current;
    current = item;
    return item;
  };
  /** A loop over `loop` takes turns from it. */
  function* turns(): Generator<Value, void> {
    for (let item = next(); item !== undefined; item = next()) yield tuple([item, value]);
  }
  const cycle: Call = (_, values) => (values.length === 0 ? fail('TypeError', 'no items for cycling given') : values[index % values.length]!);
  const changed: Call = (each, values) => {
    const value = tuple(values);
    if (changedTo !== undefined && equal(each, changedTo, value)) return false;
    changedTo = value;
    return true;
  };
  const attributes = new Map<string, () => Value>([
    ['index', () => index + 1],
    ['index0', () => index],
    ['revindex', () => count() - index],
    ['revindex0', () => count() - index - 1],
    ['first', () => index === 0],
    ['last', () => peek() === undefined],
    ['length', count],
    ['depth', () => depth + 1],
    ['depth0', () => depth],
    ['previtem', () => (index === 0 ? undefinedOf(() => 'there is no previous item') : before!)],
    ['nextitem', () => peek() ?? (after === null ? null : undefinedOf(() => 'there is no next item'))],
    ['cycle', () => builtin(cycle)],
    ['changed', () => builtin(changed)],
  ]);
  const value: Opaque = {
    kind: 'object',
    typeName: 'jinja2.runtime.LoopContext',
    attribute: (name) => attributes.get(name)?.(),
    length: count,
    iterate: turns,
    repr: () => `<LoopContext ${index + 1}/${count()}>`,
    call: (_, [items]) => {
      if (recurse === undefined) return fail('TypeError', "The loop must have the 'recursive' marker to be called recursively.");
      return recurse(items ?? null, depth + 1);
    },
  };
  return { value, next };
}
