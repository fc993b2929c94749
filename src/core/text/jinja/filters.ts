// Jinja2's filters by name.
import { binder, wantInt, type Bound } from './arguments.js';
import { fixed, roundTo } from './decimal.js';
import { fail, recover } from './failure.js';
import { sequenceFilters } from './filters-sequence.js';
import { textFilters } from './filters-text.js';
import { truthy } from './iterate.js';
import { normal, readFloat, readInt, truncate } from './numbers.js';
import { binary } from './operators.js';
import type { Run } from './run.js';
import { failUndefined, float, intOf, isKind, isUndefined, numberOf, textOf, typeName, type Call, type Value } from './value.js';

const numberFilters = new Map<string, Call>();

function define(name: string, signature: string, body: (run: Run, bound: Bound) => Value): void {
  const bind = binder(name, signature);
  numberFilters.set(name, (run, positional, keywords) => body(run, bind(positional, keywords)));
}

for (const name of ['default', 'd']) {
  define(name, 'value, default_value=, boolean=', (run, [value = null, otherwise = '', boolean = false]) =>
    isUndefined(value) || (truthy(run, boolean) && !truthy(run, value)) ? otherwise : value,
  );
}

define('abs', 'x, /', (run, [value = null]) => {
  const number = numberOf(value);
  if (isUndefined(value)) failUndefined(value);
  if (number === undefined) return fail('TypeError', `bad operand type for abs(): '${typeName(value)}'`);
  return number < 0 ? binary(run, '-', 0, value) : isKind(value, 'float') ? float(Math.abs(number)) : intOf(value)!;
});

define('int', 'value, default=, base=', (_, [value = null, otherwise = 0, base]) =>
  recover(
    ['TypeError', 'ValueError'],
    () => toInt(value, wantInt(base, 10)),
    () =>
      recover(
        ['TypeError', 'ValueError', 'OverflowError'],
        () => truncate(toFloat(value)),
        () => otherwise,
      ),
  ),
);

function toInt(value: Value, base: number): Value {
  const text = textOf(value);
  if (text !== undefined) return readInt(text, base) ?? fail('ValueError', 'invalid literal for int()');
  if (isUndefined(value)) failUndefined(value);
  if (isKind(value, 'float')) return truncate(value.value);
  return intOf(value) ?? fail('TypeError', `int() argument must be a string or a number, not '${typeName(value)}'`);
}

define('float', 'value, default=', (_, [value = null, otherwise = float(0)]) =>
  recover(
    ['TypeError', 'ValueError'],
    () => float(toFloat(value)),
    () => otherwise,
  ),
);

function toFloat(value: Value): number {
  const text = textOf(value);
  if (text !== undefined) return readFloat(text) ?? fail('ValueError', 'could not convert string to float');
  if (isUndefined(value)) failUndefined(value);
  return numberOf(value) ?? fail('TypeError', `float() argument must be a string or a real number, not '${typeName(value)}'`);
}

define('round', 'value, precision=, method=', (run, [value = null, precision, method = 'common']) => {
  const how = textOf(method);
  const places = wantInt(precision, 0);
  if (how === 'common') return roundCommon(value, places);
  if (how !== 'ceil' && how !== 'floor') return fail('FilterArgumentError', 'method must be common, ceil or floor');
  const power = binary(run, '**', 10, places);
  const scaled = numberOf(binary(run, '*', value, power)) ?? fail('TypeError', `must be real number, not ${typeName(value)}`);
  return binary(run, '/', truncate(Math[how](scaled)), power);
});

function roundCommon(value: Value, places: number): Value {
  if (isKind(value, 'float')) return float(roundTo(value.value, places));
  const int = intOf(value) ?? fail('TypeError', `type ${typeName(value)} doesn't define __round__ method`);
  if (places >= 0 || int === 0) return int;
  if (places < -5000) return 0;
  const unit = 10n ** BigInt(-places);
  const whole = BigInt(int);
  const floor = (whole - (((whole % unit) + unit) % unit)) / unit;
  const twice = (whole - floor * unit) * 2n;
  return normal((twice > unit || (twice === unit && (floor & 1n) === 1n) ? floor + 1n : floor) * unit);
}

define('filesizeformat', 'value, binary=', (run, [value = null, binaryUnits]) => {
  const bytes = toFloat(value);
  const isBinary = truthy(run, binaryUnits ?? false);
  const base = isBinary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${truncate(bytes)} Bytes`;
  const prefixes = [...'kMGTPEZY'].map((letter) => (isBinary ? `${letter.toUpperCase()}iB` : `${letter}B`));
  const place = prefixes.findIndex((_, index) => bytes < base ** (index + 2));
  const used = place < 0 ? prefixes.length - 1 : place;
  return `${fixed((base * bytes) / base ** (used + 2), 1)} ${prefixes[used]}`;
});

/** Jinja2 has them; a template that uses one fails by name. */
const absent = ['pprint', 'random', 'striptags', 'urlize', 'wordwrap', 'xmlattr'];

export const filters: ReadonlyMap<string, Call> = new Map<string, Call>([
  ...numberFilters,
  ...textFilters,
  ...sequenceFilters,
  ...absent.map((name) => [name, () => fail('unsupported', `the filter ${name}`)] as const),
]);

export const filterNames: ReadonlySet<string> = new Set(filters.keys());
