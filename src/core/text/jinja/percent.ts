// printf-style formatting: `"%s is %d" % (name, age)`.
import { exponential, fixed, general } from './decimal.js';
import { fail } from './failure.js';
import { truncate } from './numbers.js';
import { repr, str } from './print.js';
import { allotText, type Run } from './run.js';
import { escapeHtml, escaped, textLength, substring } from './text.js';
import { intOf, isInt, isKind, markup, numberOf, textOf, typeName, type Int, type Value } from './value.js';

interface Conversion {
  readonly flags: string;
  readonly width: number;
  /** Undefined where none is given. */
  readonly precision: number | undefined;
  readonly letter: string;
}

const conversion = /%(\((?<name>[^()]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d*)(?:\.(?<precision>\*|\d*))?[hlL]?(?<letter>[\s\S]?)/y;

/** `left` is a string; marked, it escapes what is put into it. */
export function formatPercent(run: Run, left: Value, values: Value): Value {
  const format = textOf(left) ?? '';
  const marked = isKind(left, 'markup');
  const positional: readonly Value[] = isKind(values, 'tuple') ? values.items : [values];
  let used = 0;
  let named = false;
  const next = (): Value => {
    if (used >= positional.length) fail('TypeError', 'not enough arguments for format string');
    return positional[used++]!;
  };
  let result = '';
  let at = 0;
  for (let start = format.indexOf('%'); start >= 0; start = format.indexOf('%', at)) {
    conversion.lastIndex = start;
    const groups = conversion.exec(format)?.groups ?? fail('ValueError', 'incomplete format');
    result += format.slice(at, start);
    at = conversion.lastIndex;
    if (groups['letter'] === '')
      fail('ValueError', groups['name'] === undefined && format[start + 1] === '(' ? 'incomplete format key' : 'incomplete format');
    const star = (text: string | undefined): number => (text === '*' ? starred(next()) : Number(text ?? 0));
    const width = star(groups['width']);
    const precision = groups['precision'] === undefined ? undefined : star(groups['precision']);
    if (groups['letter'] === '%') {
      result += '%';
      continue;
    }
    if (groups['name'] !== undefined) named = true;
    const value = groups['name'] === undefined ? next() : member(values, groups['name']);
    const flags = width < 0 ? `${groups['flags']}-` : (groups['flags'] ?? '');
    allotText(run, result.length + Math.abs(width) + (precision ?? 0));
    result += convert(run, value, { flags, width: Math.abs(width), precision, letter: groups['letter'] ?? '' }, marked);
  }
  result += format.slice(at);
  if (!named && used < positional.length && !isMapping(values)) fail('TypeError', 'not all arguments converted during string formatting');
  allotText(run, result.length);
  return marked ? markup(result) : result;
}

/** What may stand unused to the right of `%`. */
const isMapping = (value: Value): boolean =>
  ['dict', 'list', 'range', 'undefined'].includes(typeof value === 'object' && value !== null ? value.kind : '');

function starred(value: Value): number {
  return isInt(value) ? Number(value) : fail('TypeError', '* wants int');
}

function member(values: Value, name: string): Value {
  if (!isKind(values, 'dict')) return fail('TypeError', 'format requires a mapping');
  return values.entries.get(name)?.[1] ?? (values.entries.has(name) ? null : fail('LookupError', `'${name}'`));
}

function convert(run: Run, value: Value, how: Conversion, marked: boolean): string {
  switch (how.letter) {
    case 's':
    case 'r':
    case 'a': {
      const text = how.letter === 's' ? str(run, value) : how.letter === 'r' ? repr(run, value) : ascii(repr(run, value));
      const safe = marked && !(how.letter === 's' && isKind(value, 'markup')) ? escapeHtml(text) : text;
      return padded(how.precision === undefined ? safe : substring(safe, 0, how.precision), how);
    }
    case 'c':
      return padded(character(value), how);
    case 'd':
    case 'i':
    case 'u':
      return integer(how, decimalInt(value, how.letter), 10, '');
    case 'x':
    case 'X':
    case 'o': {
      const int = intOf(value) ?? fail('TypeError', `%${how.letter} format: an integer is required, not ${typeName(value)}`);
      const text = integer(how, int, how.letter === 'o' ? 8 : 16, how.letter === 'o' ? '0o' : '0x');
      return how.letter === 'X' ? text.toUpperCase() : text;
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return floating(value, how);
    default:
      return fail('ValueError', `unsupported format character '${how.letter}'`);
  }
}

export const ascii = (text: string): string =>
  Array.from(text)
    .map((each) => (each <= '\x7f' ? each : escaped(each.codePointAt(0) ?? 0)))
    .join('');

function character(value: Value): string {
  const text = textOf(value);
  if (text !== undefined && textLength(text) === 1) return text;
  const int = intOf(value);
  if (int === undefined || int < 0 || int > 0x10ffff) return fail('TypeError', '%c requires int or char');
  return String.fromCodePoint(Number(int));
}

function decimalInt(value: Value, letter: string): Int {
  const int = intOf(value);
  if (int !== undefined) return int;
  const number = numberOf(value);
  return number === undefined ? fail('TypeError', `%${letter} format: a real number is required, not ${typeName(value)}`) : truncate(number);
}

function integer(how: Conversion, value: Int, radix: number, prefix: string): string {
  const digits = (value < 0 ? -BigInt(value) : BigInt(value)).toString(radix).padStart(how.precision ?? 0, '0');
  return numeric(how, value < 0, how.flags.includes('#') ? prefix : '', digits, true);
}

function floating(value: Value, how: Conversion): string {
  const number = numberOf(value) ?? fail('TypeError', `must be real number, not ${typeName(value)}`);
  const lower = how.letter.toLowerCase();
  const precision = how.precision ?? 6;
  const finite = Number.isFinite(number);
  const digits = !finite
    ? Number.isNaN(number)
      ? 'nan'
      : 'inf'
    : lower === 'e'
      ? exponential(number, precision)
      : lower === 'f'
        ? fixed(number, precision)
        : general(number, precision, how.flags.includes('#'));
  const text = numeric(how, number < 0 || Object.is(number, -0), '', digits, finite);
  return how.letter === lower ? text : text.toUpperCase();
}

function numeric(how: Conversion, negative: boolean, prefix: string, digits: string, zeros: boolean): string {
  const sign = negative ? '-' : how.flags.includes('+') ? '+' : how.flags.includes(' ') ? ' ' : '';
  const head = sign + prefix;
  const fill = zeros && how.flags.includes('0') && !how.flags.includes('-');
  return padded(head + (fill ? digits.padStart(how.width - head.length, '0') : digits), how);
}

function padded(text: string, how: Conversion): string {
  const missing = how.width - textLength(text);
  if (missing <= 0) return text;
  return how.flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}
