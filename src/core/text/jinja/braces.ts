// `str.format`: `"{0} {name!r:>{width}}"`.
import { fail } from './failure.js';
import { format } from './format-spec.js';
import { ascii } from './percent.js';
import { repr, str } from './print.js';
import { allotText, type Run } from './run.js';
import { escapeHtml } from './text.js';
import { isKind, type Value } from './value.js';

/** How a template looks into a value: `value.name` and `value[index]`. */
export interface Lookup {
  attribute(run: Run, value: Value, name: string): Value;
  item(run: Run, value: Value, index: Value): Value;
}

interface State {
  readonly run: Run;
  readonly lookup: Lookup;
  readonly positional: readonly Value[];
  readonly named: (name: string) => Value | undefined;
  readonly marked: boolean;
  /** The next of the fields without a number; -1 once fields have numbers. */
  automatic: number;
}

export function formatBraces(text: string, fields: Omit<State, 'automatic'>): string {
  return expand(text, { ...fields, automatic: 0 }, 2);
}

/** `levels`: how deep fields may stand in fields. */
function expand(text: string, state: State, levels: number): string {
  if (levels < 0) fail('ValueError', 'Max string recursion exceeded');
  let result = '';
  let at = 0;
  while (at < text.length) {
    const brace = nextBrace(text, at);
    result += text.slice(at, brace);
    if (brace === text.length) break;
    if (text[brace + 1] === text[brace]) {
      result += text[brace]!;
      at = brace + 2;
      continue;
    }
    if (text[brace] === '}') fail('ValueError', "Single '}' encountered in format string");
    const end = closing(text, brace + 1);
    result += field(text.slice(brace + 1, end), state, levels);
    allotText(state.run, result.length);
    at = end + 1;
  }
  return result;
}

function nextBrace(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text[at] === '{' || text[at] === '}') return at;
  return text.length;
}

function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return fail('ValueError', from >= text.length ? "Single '{' encountered in format string" : "expected '}' before end of string");
}

/** What stands between the braces: name, conversion, specification. */
function field(text: string, state: State, levels: number): string {
  const match =
    /^((?:[^!:[]|\[[^\]]*\])*)(?:!([\s\S]?))?(?::([\s\S]*))?$/.exec(text) ?? fail('ValueError', "expected ':' after conversion specifier");
  const [, path = '', conversion, specification = ''] = match;
  const value = lookUp(path, state);
  const inner = expand(specification, state, levels - 1);
  const { run } = state;
  if (!state.marked) return format(run, converted(run, value, conversion), inner);
  const plain = converted(run, value, conversion);
  if (isKind(plain, 'markup')) return inner === '' ? plain.text : fail('ValueError', 'Unsupported format specification for Markup.');
  return escapeHtml(format(run, plain, inner));
}

function converted(run: Run, value: Value, conversion: string | undefined): Value {
  switch (conversion) {
    case undefined:
      return value;
    case 's':
      return str(run, value);
    case 'r':
      return repr(run, value);
    case 'a':
      return ascii(repr(run, value));
    default:
      return fail('ValueError', `Unknown conversion specifier ${conversion}`);
  }
}

function lookUp(path: string, state: State): Value {
  const first = /^[^.[]*/.exec(path)![0];
  let value = root(first, state);
  const step = /\.([^.[]+)|\[([^\]]+)\]/y;
  step.lastIndex = first.length;
  while (step.lastIndex < path.length) {
    const [, name, index] = step.exec(path) ?? fail('ValueError', 'Empty attribute in format string');
    value =
      name === undefined
        ? state.lookup.item(state.run, value, /^\d+$/.test(index!) ? Number(index) : index!)
        : state.lookup.attribute(state.run, value, name);
  }
  return value;
}

function root(name: string, state: State): Value {
  if (name !== '' && !/^\d+$/.test(name)) return state.named(name) ?? fail('LookupError', `'${name}'`);
  if ((name === '') !== state.automatic >= 0 && (name === '' || state.automatic > 0))
    fail('ValueError', 'cannot switch between manual field specification and automatic field numbering');
  if (name !== '') state.automatic = -1;
  const index = name === '' ? state.automatic++ : Number(name);
  return index < state.positional.length
    ? state.positional[index]!
    : fail('LookupError', `Replacement index ${index} out of range for positional args tuple`);
}
