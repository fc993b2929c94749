// Filters that make strings.
import { binder, wantInt, wantText, type Bound } from './arguments.js';
import { item, lookup } from './attributes.js';
import { fail } from './failure.js';
import { each, itemsOf, lengthOf, truthy, unpack } from './iterate.js';
import { toJson } from './json.js';
import { methodOfText } from './methods-text.js';
import { formatPercent } from './percent.js';
import { str } from './print.js';
import { allotText, spend, type Run } from './run.js';
import * as text from './text.js';
import { isInt, isKind, isUndefined, makeText, markup, textOf, tuple, typeName, type Call, type Value } from './value.js';

export const textFilters = new Map<string, Call>();

function define(name: string, signature: string, body: (run: Run, bound: Bound) => Value): void {
  const bind = binder(name, signature);
  textFilters.set(name, (run, positional, keywords) => body(run, bind(positional, keywords)));
}

/** `soft_str`: a string as it is, anything else printed. */
export function soft(run: Run, value: Value | undefined): string {
  const each = value ?? null;
  return str(run, each);
}

const isMarked = (value: Value | undefined): boolean => isKind(value ?? null, 'markup');
const keepMark = (value: Value | undefined, changed: string): Value => makeText(changed, isMarked(value));
const method = (run: Run, value: Value | undefined, name: string, ...args: readonly Value[]): Value =>
  methodOfText(soft(run, value), isMarked(value), name, lookup)(run, args, new Map());

for (const name of ['upper', 'lower', 'capitalize']) define(name, 's', (run, [value]) => method(run, value, name));
define('trim', 'value, chars=', (run, [value, chars]) => method(run, value, 'strip', chars ?? null));
define('center', 'value, width=', (run, [value, width = 80]) => method(run, value, 'center', width));
define('string', 's, /', (run, [value]) => keepMark(value, soft(run, value)));
define('safe', 'value', (run, [value]) => markup(soft(run, value)));
const escapeValue = (run: Run, [value]: Bound): Value => (isMarked(value) ? value! : markup(text.escapeHtml(allotted(run, soft(run, value)))));
define('escape', 's, /', escapeValue);
define('e', 's, /', escapeValue);
define('forceescape', 'value', (run, [value]) => markup(text.escapeHtml(allotted(run, soft(run, value)))));

function allotted(run: Run, value: string): string {
  allotText(run, value.length * 5);
  return value;
}

define('title', 's', (run, [value]) => {
  const whole = soft(run, value);
  allotText(run, whole.length);
  let result = '';
  let starts = true;
  for (const character of text.characters(whole)) {
    const separates = text.isSpace(character) || '-({[<'.includes(character);
    result += starts && !separates ? character.toUpperCase() : character.toLowerCase();
    starts = separates;
  }
  return result;
});

define('replace', 's, old, new, count=', (run, [value, old, by, count]) => {
  const rest = count === undefined || count === null ? [] : [count];
  return methodOfText(soft(run, value), false, 'replace', lookup)(run, [soft(run, old), soft(run, by), ...rest], new Map());
});

define('join', 'value, d=, attribute=', (run, [value, separator = '', attribute]) => {
  const by = soft(run, separator);
  const get = attributeGetter(run, attribute ?? null);
  const pieces: string[] = [];
  let length = 0;
  for (const one of each(run, value ?? null)) {
    pieces.push(str(run, get(one)));
    length += pieces.at(-1)!.length + by.length;
    if (length > 1 << 26) break;
  }
  allotText(run, length);
  return pieces.join(by);
});

define('indent', 's, width=, first=, blank=', (run, [value, width, first, blank]) => {
  const whole = wantText(value, 'indent');
  const by = textOf(width ?? null) ?? ' '.repeat(Math.max(0, bounded(run, wantInt(width, 4))));
  const lines = text.splitLines(`${whole}\n`, false);
  allotText(run, whole.length + lines.length * (by.length + 1));
  const all = truthy(run, blank ?? false);
  const [head = '', ...rest] = lines;
  const body = [head, ...rest.map((line) => (line === '' && !all ? line : by + line))].join('\n');
  return keepMark(value, truthy(run, first ?? false) ? by + body : body);
});

function bounded(run: Run, width: number): number {
  allotText(run, Math.max(0, width));
  return width;
}

define('truncate', 's, length=, killwords=, end=, leeway=', (run, [value, most, killWords, ending, leeway]) => {
  const whole = textOf(value ?? null);
  const end = ending === undefined ? '...' : wantText(ending, 'truncate');
  const [length, slack] = [wantInt(most, 255), leeway === undefined || leeway === null ? 5 : wantInt(leeway, 5)];
  if (length < text.textLength(end)) fail('AssertionError', `expected length >= ${text.textLength(end)}, got ${length}`);
  if (slack < 0) fail('AssertionError', `expected leeway >= 0, got ${slack}`);
  const size = lengthOf(run, value ?? null) ?? fail('TypeError', `object of type '${typeName(value ?? null)}' has no len()`);
  if (size <= length + slack) return value ?? null;
  if (whole === undefined) return fail('TypeError', `truncate() of a ${typeName(value ?? null)}`);
  allotText(run, whole.length);
  const cut = text.substring(whole, 0, length - text.textLength(end));
  return keepMark(value, (truthy(run, killWords ?? false) ? cut : text.splitOnRight(cut, ' ', 1)[0]!) + end);
});

define('wordcount', 's', (run, [value]) => {
  const whole = soft(run, value);
  spend(run, whole.length);
  let words = 0;
  let inWord = false;
  for (const character of whole) {
    const letter = /[\p{L}\p{N}_]/u.test(character);
    if (letter && !inWord) words += 1;
    inWord = letter;
  }
  return words;
});

textFilters.set('format', (run, [value = null, ...positional], keywords) => {
  if (positional.length > 0 && keywords.size > 0) fail('FilterArgumentError', "can't handle positional and keyword arguments at the same time");
  const named: Value = { kind: 'dict', entries: new Map([...keywords].map(([name, each]) => [name, [name, each] as const])) };
  return formatPercent(run, isMarked(value) ? value : soft(run, value), keywords.size > 0 ? named : tuple(positional));
});

define('tojson', 'x, ensure_ascii=, indent=, separators=, sort_keys=', (run, [value, ascii, indent, separators, sortKeys]) => {
  const pair = separators === undefined || separators === null ? undefined : itemsOf(run, separators).map((one) => wantText(one, 'separators'));
  if (pair !== undefined && pair.length !== 2) fail('ValueError', `separators must be two strings, got ${pair.length}`);
  const step = indent === undefined || indent === null ? undefined : (textOf(indent) ?? ' '.repeat(bounded(run, Math.max(0, wantInt(indent, 0)))));
  return toJson(run, value ?? null, {
    asciiOnly: truthy(run, ascii ?? false),
    indent: step,
    itemSeparator: pair?.[0] ?? (step === undefined ? ', ' : ','),
    keySeparator: pair?.[1] ?? ': ',
    sortKeys: truthy(run, sortKeys ?? false),
  });
});

define('urlencode', 'value', (run, [value = null]) => {
  const quote = (one: Value, query: boolean): string => {
    const plain = allotted(run, soft(run, one));
    const quoted = encodeURIComponent(plain).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
    return query ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
  };
  if (textOf(value) !== undefined || lengthOf(run, value) === undefined) return quote(value, false);
  const pairs = isKind(value, 'dict') ? [...value.entries.values()] : itemsOf(run, value).map((pair) => unpack(run, pair, 2));
  return pairs.map(([key = null, one = null]) => `${quote(key, true)}=${quote(one, true)}`).join('&');
});

/** The path of names and indices that `attribute` spells, followed by the rules of `value[name]`. */
export function attributeGetter(run: Run, attribute: Value, otherwise?: Value): (value: Value) => Value {
  const name = textOf(attribute);
  if (name === undefined && attribute !== null && !isInt(attribute) && !isUndefined(attribute))
    fail('unsupported', `an attribute named by a ${typeName(attribute)}`);
  const parts: readonly Value[] =
    attribute === null ? [] : name === undefined ? [attribute] : name.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (value) =>
    parts.reduce<Value>((found, part) => {
      const next = item(run, found, part);
      return otherwise !== undefined && otherwise !== null && isUndefined(next) ? otherwise : next;
    }, value);
}
