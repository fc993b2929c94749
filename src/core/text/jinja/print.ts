// `str` and `repr` of a value.
import { fail } from './failure.js';
import { floatText } from './numbers.js';
import { allotText, bounds, spend, type Run } from './run.js';
import { quoted } from './text.js';
import { isInt, type Value } from './value.js';

export function str(run: Run, value: Value): string {
  if (typeof value === 'string') return value;
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'markup') return value.text;
    if (value.kind === 'undefined') return '';
  }
  return repr(run, value);
}

export function repr(run: Run, value: Value, depth = 0): string {
  if (typeof value === 'string') {
    allotText(run, value.length);
    return quoted(value);
  }
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isInt(value)) return intText(value);
  if (depth > bounds.valueDepth) fail('limit', 'a value is nested too deeply to print');
  spend(run, 1);
  const inner = (each: Value): string => repr(run, each, depth + 1);
  switch (value.kind) {
    case 'float':
      return floatText(value.value);
    case 'markup':
      return `Markup(${quoted(value.text)})`;
    case 'undefined':
      return 'Undefined';
    case 'list':
      return joined(run, '[', value.items.map(inner), ']');
    case 'tuple':
      return joined(run, '(', value.items.map(inner), value.items.length === 1 ? ',)' : ')');
    case 'dict': {
      const pairs = [...value.entries.values()].map(([key, each]) => `${inner(key)}: ${inner(each)}`);
      return joined(run, '{', pairs, '}');
    }
    case 'range':
      return `range(${value.start}, ${value.stop}${value.step === 1 ? '' : `, ${value.step}`})`;
    case 'view': {
      const entries = [...value.dict.entries.values()];
      const items = entries.map(([key, each]) =>
        value.of === 'keys' ? inner(key) : value.of === 'values' ? inner(each) : `(${inner(key)}, ${inner(each)})`,
      );
      return joined(run, `dict_${value.of}([`, items, '])');
    }
    case 'iterator':
      return fail('unsupported', `printing a ${value.typeName}`);
    case 'object':
      return value.repr?.(run, depth + 1) ?? fail('unsupported', `printing a ${value.typeName}`);
  }
}

function joined(run: Run, open: string, items: readonly string[], close: string): string {
  allotText(
    run,
    items.reduce((sum, each) => sum + each.length + 2, 0),
  );
  return open + items.join(', ') + close;
}

export function intText(value: number | bigint): string {
  return Object.is(value, -0) ? '0' : value.toString();
}
