// Python's format specifications: what follows the colon in `"{:>8.2f}".format(value)`.
import { exponential, fixed, general } from './decimal.js';
import { fail } from './failure.js';
import { floatText } from './numbers.js';
import { str } from './print.js';
import { allotText, type Run } from './run.js';
import { substring, textLength } from './text.js';
import { intOf, isKind, textOf, typeName, type Int, type Value } from './value.js';

interface Spec {
  readonly fill: string;
  readonly align: string | undefined;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const pattern =
  /^(?:(?<fill>[\s\S])(?=[<>=^]))?(?<align>[<>=^])?(?<sign>[-+ ])?z?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<grouping>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/u;

function parse(text: string, value: Value): Spec {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) return fail('ValueError', `Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  const zero = groups['zero'] !== undefined;
  return {
    fill: groups['fill'] ?? (zero ? '0' : ' '),
    align: groups['align'] ?? (zero && textOf(value) === undefined ? '=' : undefined),
    sign: groups['sign'] ?? '',
    alternate: groups['alternate'] !== undefined,
    width: Number(groups['width'] ?? 0),
    grouping: groups['grouping'] ?? '',
    precision: groups['precision'] === undefined ? undefined : Number(groups['precision']),
    type: groups['type'] ?? '',
  };
}

export function format(run: Run, value: Value, specification: string): string {
  if (specification === '') return str(run, value);
  const text = textOf(value);
  if (isKind(value, 'markup')) fail('ValueError', 'Unsupported format specification for Markup.');
  if (text === undefined && intOf(value) === undefined && !isKind(value, 'float'))
    fail('TypeError', `unsupported format string passed to ${typeName(value)}.__format__`);
  const spec = parse(specification, value);
  allotText(run, spec.width + (spec.precision ?? 0) + (text?.length ?? 0));
  if (text !== undefined) return formatText(text, spec);
  if (isKind(value, 'float')) return formatFloat(value.value, spec);
  // Of a bool, its name without a type, else its number.
  return formatInt(intOf(value) ?? 0, spec, value);
}

function wrongType(spec: Spec, value: Value | string): never {
  const name = typeof value === 'string' ? value : typeName(value);
  fail('ValueError', `Unknown format code '${spec.type}' for object of type '${name}'`);
}

function formatText(text: string, spec: Spec): string {
  if (spec.type !== '' && spec.type !== 's') wrongType(spec, 'str');
  if (spec.sign !== '') fail('ValueError', 'Sign not allowed in string format specifier');
  if (spec.alternate) fail('ValueError', 'Alternate form (#) not allowed in string format specifier');
  if (spec.align === '=') fail('ValueError', "'=' alignment not allowed in string format specifier");
  if (spec.grouping !== '') fail('ValueError', `Cannot specify '${spec.grouping}' with 's'.`);
  return aligned('', spec.precision === undefined ? text : substring(text, 0, spec.precision), spec, '<');
}

const radixes: Readonly<Record<string, readonly [radix: number, prefix: string]>> = { b: [2, '0b'], o: [8, '0o'], x: [16, '0x'], X: [16, '0X'] };

function formatInt(value: Int, spec: Spec, original: Value): string {
  if ('eEfFgG%'.includes(spec.type) && spec.type !== '') return formatFloat(Number(value), spec);
  if (spec.precision !== undefined) fail('ValueError', 'Precision not allowed in integer format specifier');
  if (spec.type === 'c') return aligned('', String.fromCodePoint(Number(value)), spec, '<');
  const [radix, prefix] = Object.hasOwn(radixes, spec.type) ? radixes[spec.type]! : [10, ''];
  if (radix === 10 && !['', 'd', 'n'].includes(spec.type)) wrongType(spec, original);
  const magnitude = (value < 0 ? -BigInt(value) : BigInt(value)).toString(radix);
  const digits = spec.type === 'X' ? magnitude.toUpperCase() : magnitude;
  return number(value < 0, spec.alternate ? prefix : '', digits, '', spec, radix === 10 ? 3 : 4);
}

function formatFloat(value: number, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0);
  const lower = spec.type.toLowerCase();
  if (!['', 'e', 'f', 'g', 'n', '%'].includes(lower)) wrongType(spec, 'float');
  if (!Number.isFinite(value)) {
    const name = (Number.isNaN(value) ? 'nan' : 'inf') + (lower === '%' ? '%' : '');
    return number(negative && !Number.isNaN(value), '', spec.type === lower ? name : name.toUpperCase(), '', { ...spec, grouping: '' }, 3);
  }
  const text = floatDigits(value, spec, lower);
  const cut = /[.e%]/.exec(text)?.index ?? text.length;
  return number(negative, '', text.slice(0, cut), spec.type === lower ? text.slice(cut) : text.slice(cut).toUpperCase(), spec, 3);
}

/** Without its sign. */
function floatDigits(value: number, spec: Spec, lower: string): string {
  const precision = spec.precision ?? 6;
  switch (lower) {
    case 'e':
      return exponential(value, precision);
    case 'f':
      return fixed(value, precision);
    case '%':
      return `${fixed(value * 100, precision)}%`;
    case '':
      if (spec.precision === undefined) return floatText(Math.abs(value));
      return withFraction(value, Math.max(1, precision));
    default:
      return general(value, precision, spec.alternate);
  }
}

/** As `g`, but with a digit past the point, and exponents from `precision` digits on. */
function withFraction(value: number, precision: number): string {
  const text = general(value, precision, false);
  if (text.includes('e') || text.includes('.')) return text;
  return text.length >= precision ? text.replace(/^(\d)(\d*)$/, scientific) : `${text}.0`;
}

function scientific(_all: string, first: string, rest: string): string {
  const kept = rest.replace(/0+$/, '');
  return `${first}${kept === '' ? '' : `.${kept}`}e+${String(rest.length).padStart(2, '0')}`;
}

function number(negative: boolean, prefix: string, whole: string, rest: string, spec: Spec, group: number): string {
  const sign = negative ? '-' : spec.sign === '-' ? '' : spec.sign;
  const head = sign + prefix;
  if (spec.grouping === '') return aligned(head, whole + rest, spec, '>');
  // Zeros that fill the width are grouped as well.
  const zeros = spec.align === '=' && spec.fill === '0' ? spec.width - head.length - rest.length : 0;
  if (zeros > 10_000) fail('limit', `a number is ${zeros} digits wide`);
  let digits = whole;
  while (grouped(digits, spec.grouping, group).length < zeros) digits = `0${digits}`;
  return aligned(head, grouped(digits, spec.grouping, group) + rest, spec, '>');
}

function grouped(digits: string, separator: string, size: number): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= size) groups.unshift(digits.slice(Math.max(0, end - size), end));
  return groups.join(separator);
}

function aligned(head: string, body: string, spec: Spec, usual: string): string {
  const missing = spec.width - textLength(head) - textLength(body);
  if (missing <= 0) return head + body;
  const fill = (count: number): string => spec.fill.repeat(count);
  switch (spec.align ?? usual) {
    case '<':
      return head + body + fill(missing);
    case '>':
      return fill(missing) + head + body;
    case '^':
      return fill(Math.floor(missing / 2)) + head + body + fill(missing - Math.floor(missing / 2));
    default:
      return head + fill(missing) + body;
  }
}
