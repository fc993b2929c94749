// The methods of str, and of Markup, which escapes what it takes and marks what it gives.
import { binder, wantInt, wantText } from './arguments.js';
import { fail } from './failure.js';
import { formatBraces, type Lookup } from './braces.js';
import { each } from './iterate.js';
import { allotText, spend, type Run } from './run.js';
import * as text from './text.js';
import { classes } from './text-classes.js';
import { builtin, intOf, isKind, list, markup, textOf, tuple, typeName, type Call, type Keywords, type Opaque, type Value } from './value.js';

/** Gets its arguments bound; `mark` marks a string where the method is Markup's, `escape` escapes one there. */
interface Context {
  readonly run: Run;
  readonly self: string;
  readonly bound: readonly (Value | undefined)[];
  readonly mark: (text: string) => Value;
  readonly escape: (value: Value | undefined) => string;
}

type Body = (context: Context) => Value;

interface Method {
  readonly bind: (positional: readonly Value[], keywords: Keywords) => readonly (Value | undefined)[];
  readonly body: Body;
}

const methods = new Map<string, Method>();

function define(name: string, signature: string, body: Body): void {
  methods.set(name, { bind: binder(name, signature), body });
}

const simple = (name: string, change: (text: string) => string): void =>
  define(name, '', ({ run, self, mark }) => {
    allotText(run, self.length * 2);
    return mark(change(self));
  });

simple('upper', (self) => self.toUpperCase());
simple('lower', (self) => self.toLowerCase());
simple('casefold', text.caseFold);
simple('capitalize', text.capitalize);
simple('title', text.title);
simple('swapcase', text.swapCase);

for (const [name, sides] of [
  ['strip', 'both'],
  ['lstrip', 'left'],
  ['rstrip', 'right'],
] as const) {
  define(name, 'chars=, /', ({ run, self, bound: [set], mark }) => {
    allotText(run, self.length);
    return mark(text.strip(self, set === undefined || set === null ? undefined : wantText(set, name), sides));
  });
}

for (const [name, right] of [
  ['split', false],
  ['rsplit', true],
] as const) {
  define(name, 'sep=, maxsplit=', ({ run, self, bound: [separator, most], mark }) => {
    spend(run, 1 + self.length);
    const limit = wantInt(most, -1) < 0 ? Infinity : wantInt(most, -1);
    if (separator === undefined || separator === null) return list((right ? text.splitSpacesRight : text.splitSpaces)(self, limit).map(mark));
    const by = wantText(separator, name);
    if (by === '') fail('ValueError', 'empty separator');
    return list((right ? text.splitOnRight : text.splitOn)(self, by, limit).map(mark));
  });
}

define('splitlines', 'keepends=', ({ run, self, bound: [keep], mark }) => {
  spend(run, 1 + self.length);
  return list(text.splitLines(self, keep !== undefined && intOf(keep) !== 0 && keep !== null).map(mark));
});

for (const [name, last] of [
  ['partition', false],
  ['rpartition', true],
] as const) {
  define(name, 'sep, /', ({ run, self, bound: [separator], mark }) => {
    allotText(run, self.length);
    const by = wantText(separator, name);
    if (by === '') fail('ValueError', 'empty separator');
    const at = last ? self.lastIndexOf(by) : self.indexOf(by);
    if (at < 0) return tuple((last ? ['', '', self] : [self, '', '']).map(mark));
    return tuple([self.slice(0, at), by, self.slice(at + by.length)].map(mark));
  });
}

define('replace', 'old, new, /, count=', ({ run, self, bound: [old, by, count], mark, escape }) => {
  const from = wantText(old, 'replace');
  wantText(by, 'replace');
  const to = escape(by);
  const limit = wantInt(count, -1) < 0 ? Infinity : wantInt(count, -1);
  allotText(run, self.length);
  const grown = Math.max(0, to.length - from.length) * Math.min(limit, text.countOf(self, from));
  allotText(run, self.length + grown);
  return mark(text.replaceText(self, from, to, limit));
});

define('join', 'iterable, /', ({ run, self, bound: [parts], mark, escape }) => {
  const pieces: string[] = [];
  let length = 0;
  for (const part of each(run, parts ?? null)) {
    if (textOf(part) === undefined) fail('TypeError', `sequence item ${pieces.length}: expected str instance, ${typeName(part)} found`);
    pieces.push(escape(part));
    length += pieces.at(-1)!.length + self.length;
    if (length > 1 << 26) break;
  }
  allotText(run, length);
  return mark(pieces.join(self));
});

/** `startswith` and its kin look at a part of the string. */
function part(self: string, start: Value | undefined, end: Value | undefined): readonly [part: string, offset: number, length: number] {
  const length = text.textLength(self);
  const clamp = (value: Value | undefined, otherwise: number): number => {
    const at = value === null ? otherwise : wantInt(value, otherwise);
    return Math.min(length, at < 0 ? Math.max(0, at + length) : at);
  };
  const from = start === undefined && end === undefined ? 0 : clamp(start, 0);
  const given = start === undefined || start === null ? 0 : wantInt(start, 0);
  const empty = given > length;
  return start === undefined && end === undefined
    ? [self, 0, length]
    : [text.substring(self, from, clamp(end, length)), empty ? length + 1 : from, length];
}

for (const [name, test] of [
  ['startswith', (self: string, each: string) => self.startsWith(each)],
  ['endswith', (self: string, each: string) => self.endsWith(each)],
] as const) {
  define(name, 'prefix, start=, end=, /', ({ run, self, bound: [prefix, start, end] }) => {
    spend(run, 1);
    const [within, offset, length] = part(self, start, end);
    const all = isKind(prefix ?? null, 'tuple') ? (prefix as Extract<Value, { kind: 'tuple' }>).items : [prefix ?? null];
    return (
      offset <= length &&
      all.some((each) => test(within, textOf(each) ?? fail('TypeError', `${name} first arg must be str or a tuple of str, not ${typeName(each)}`)))
    );
  });
}

for (const [name, last, required] of [
  ['find', false, false],
  ['rfind', true, false],
  ['index', false, true],
  ['rindex', true, true],
] as const) {
  define(name, 'sub, start=, end=, /', ({ run, self, bound: [sub, start, end] }) => {
    allotText(run, self.length);
    const [within, offset, length] = part(self, start, end);
    const sought = wantText(sub, name);
    const found = offset > length ? -1 : last ? within.lastIndexOf(sought) : within.indexOf(sought);
    if (found < 0 && required) fail('ValueError', 'substring not found');
    return found < 0 ? -1 : offset + text.pointIndex(within, found);
  });
}

define('count', 'sub, start=, end=, /', ({ run, self, bound: [sub, start, end] }) => {
  allotText(run, self.length);
  const [within, offset, length] = part(self, start, end);
  return offset > length ? 0 : text.countOf(within, wantText(sub, 'count'));
});

for (const [name, cut] of [
  ['removeprefix', (self: string, by: string) => (self.startsWith(by) ? self.slice(by.length) : self)],
  ['removesuffix', (self: string, by: string) => (by !== '' && self.endsWith(by) ? self.slice(0, -by.length) : self)],
] as const) {
  define(name, 'part, /', ({ self, bound: [by], mark }) => mark(cut(self, wantText(by, name))));
}

for (const [name, left] of [
  ['ljust', () => 0],
  ['rjust', (missing: number) => missing],
  ['center', (missing: number, width: number) => Math.floor(missing / 2) + (missing & width & 1)],
] as const) {
  define(name, 'width, fillchar=, /', ({ run, self, bound: [wide, fill], mark, escape }) => {
    const width = wantInt(wide, 0);
    const by = fill === undefined ? ' ' : escape(fill);
    if (text.textLength(by) !== 1) fail('TypeError', 'The fill character must be exactly one character long');
    allotText(run, Math.max(width, self.length));
    const missing = Math.max(0, width - text.textLength(self));
    const before = left(missing, width);
    return mark(by.repeat(before) + self + by.repeat(missing - before));
  });
}

define('zfill', 'width, /', ({ run, self, bound: [wide], mark }) => {
  const missing = wantInt(wide, 0) - text.textLength(self);
  if (missing <= 0) return mark(self);
  allotText(run, missing + self.length);
  const signed = self.startsWith('+') || self.startsWith('-');
  return mark(signed ? self[0]! + '0'.repeat(missing) + self.slice(1) : '0'.repeat(missing) + self);
});

define('expandtabs', 'tabsize=', ({ run, self, bound: [size], mark }) => {
  const width = wantInt(size, 8);
  allotText(run, self.length + text.countOf(self, '\t') * Math.max(0, width));
  return mark(text.expandTabs(self, width));
});

for (const [name, test] of classes) {
  define(name, '', ({ run, self }) => {
    spend(run, 1 + self.length);
    return test(self);
  });
}

/** A method that a str is known to have. */
export function methodOfText(self: string, marked: boolean, name: string, lookup: Lookup): Call {
  return textMethod(self, marked, name, lookup)?.call ?? fail('unsupported', `the method ${name} of strings`);
}

/** Undefined where a str has no such method here; those of Python that are not here fail. */
export function textMethod(self: string, marked: boolean, name: string, lookup: Lookup): Opaque | undefined {
  if (name === 'format' || name === 'format_map') return builtin(formatter(self, marked, name, lookup));
  const method = methods.get(name);
  if (method === undefined) {
    if (['encode', 'maketrans', 'translate', ...(marked ? ['unescape', 'striptags', 'escape'] : [])].includes(name))
      fail('unsupported', `the method ${name} of strings`);
    return undefined;
  }
  const mark = marked ? markup : (each: string): Value => each;
  const escape = (value: Value | undefined): string => {
    const each = wantText(value, name);
    return marked && !isKind(value ?? null, 'markup') ? text.escapeHtml(each) : each;
  };
  return builtin((run, positional, keywords) => method.body({ run, self, bound: method.bind(positional, keywords), mark, escape }));
}

function formatter(self: string, marked: boolean, name: string, lookup: Lookup): Call {
  const mark = (each: string): Value => (marked ? markup(each) : each);
  if (name === 'format')
    return (run, positional, keywords) => mark(formatBraces(self, { run, lookup, positional, named: (key) => keywords.get(key), marked }));
  return (run, positional, keywords) => {
    const [mapping = null] = positional;
    if (keywords.size > 0 || positional.length !== 1) fail('TypeError', 'format_map() takes exactly one argument');
    if (!isKind(mapping, 'dict')) return fail('TypeError', `format_map() argument must be a dict here, not ${typeName(mapping)}`);
    return mark(formatBraces(self, { run, lookup, positional: [], named: (key) => mapping.entries.get(key)?.[1], marked }));
  };
}
