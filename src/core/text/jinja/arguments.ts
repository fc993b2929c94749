// How Python binds the arguments of a call to names.
import { fail } from './failure.js';
import { iterate } from './iterate.js';
import type { Run } from './run.js';
import { intOf, isUndefined, textOf, typeName, type Keywords, type Value } from './value.js';

export type Bound = readonly (Value | undefined)[];

/** `text=, count=`: a name that ends in `=` may be left out; `/` ends those that have no keyword. */
export function binder(callee: string, signature: string): (positional: readonly Value[], keywords: Keywords) => Bound {
  const listed = signature === '' ? [] : signature.split(', ');
  const slash = listed.indexOf('/');
  const parameters = listed.filter((each) => each !== '/').map((each) => ({ name: each.replace('=', ''), optional: each.endsWith('=') }));
  const keyworded = new Map(parameters.map(({ name }, index) => [name, index] as const).filter(([, index]) => index >= slash));
  return (positional, keywords) => {
    if (positional.length > parameters.length)
      fail('TypeError', `${callee}() takes at most ${parameters.length} arguments (${positional.length} given)`);
    const bound: (Value | undefined)[] = [...positional];
    for (const [name, value] of keywords) {
      const index = keyworded.get(name);
      if (index === undefined) return fail('TypeError', `${callee}() got an unexpected keyword argument '${name}'`);
      if (index < positional.length) fail('TypeError', `${callee}() got multiple values for argument '${name}'`);
      bound[index] = value;
    }
    parameters.forEach(({ name, optional }, index) => {
      if (!optional && bound[index] === undefined) fail('TypeError', `${callee}() missing required argument: '${name}'`);
    });
    return bound;
  };
}

export function wantText(value: Value | undefined, callee: string): string {
  return textOf(value ?? null) ?? fail('TypeError', `${callee}() argument must be str, not ${typeName(value ?? null)}`);
}

export function wantInt(value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  return Number(intOf(value) ?? fail('TypeError', `'${typeName(value)}' object cannot be interpreted as an integer`));
}

/** The pairs that `dict(...)` takes: a mapping's or an iterable's of twos. */
export function mappingPairs(run: Run, value: Value, unpackPair: (item: Value) => readonly [Value, Value]): readonly (readonly [Value, Value])[] {
  if (typeof value === 'object' && value !== null && value.kind === 'dict') return [...value.entries.values()];
  if (isUndefined(value)) return [];
  const pairs: (readonly [Value, Value])[] = [];
  const iterator = iterate(run, value);
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) pairs.push(unpackPair(next.value));
  return pairs;
}
