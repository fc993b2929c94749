// The methods of dict, list, tuple, range and numbers that leave them as they are.
import { binder } from './arguments.js';
import { equal, keyOf } from './compare.js';
import { fail } from './failure.js';
import { each } from './iterate.js';
import { allotItems } from './run.js';
import { builtin, isInt, isKind, list, typeName, type Value } from './value.js';

const none: ReadonlySet<string> = new Set();
const dictMutators: ReadonlySet<string> = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);
const listMutators: ReadonlySet<string> = new Set(['append', 'clear', 'pop', 'reverse', 'insert', 'sort', 'extend', 'remove']);

/** What the sandbox keeps from templates. */
export function mutators(value: Value): ReadonlySet<string> {
  return isKind(value, 'dict') ? dictMutators : isKind(value, 'list') ? listMutators : none;
}

/** Python has them; here they fail. */
const absent: Readonly<Record<string, readonly string[]>> = {
  int: [
    'as_integer_ratio',
    'bit_count',
    'bit_length',
    'conjugate',
    'denominator',
    'from_bytes',
    'imag',
    'is_integer',
    'numerator',
    'real',
    'to_bytes',
  ],
  bool: [
    'as_integer_ratio',
    'bit_count',
    'bit_length',
    'conjugate',
    'denominator',
    'from_bytes',
    'imag',
    'is_integer',
    'numerator',
    'real',
    'to_bytes',
  ],
  float: ['as_integer_ratio', 'conjugate', 'fromhex', 'hex', 'imag', 'real'],
  dict: ['fromkeys'],
  dict_keys: ['isdisjoint', 'mapping'],
  dict_items: ['isdisjoint', 'mapping'],
  dict_values: ['mapping'],
  generator: ['close', 'send', 'throw', 'gi_frame', 'gi_code', 'gi_running', 'gi_yieldfrom', 'gi_suspended'],
};

const bindNothing = binder('method', '');
const bindGet = binder('get', 'key, default=, /');
const bindIndex = binder('index', 'value, start=, stop=, /');
const bindCount = binder('count', 'value, /');

/** Undefined where the value has no attribute of that name. */
export function containerMethod(value: Value, name: string): Value | undefined {
  const type = typeName(value);
  if (Object.hasOwn(absent, type) && absent[type]!.includes(name)) fail('unsupported', `${name} of ${type} objects`);
  if (isKind(value, 'dict')) return dictMethod(value, name);
  if (isKind(value, 'float') && name === 'is_integer') return builtin(() => Number.isInteger(value.value));
  if (isKind(value, 'range') && ['start', 'stop', 'step'].includes(name)) return value[name as 'start' | 'stop' | 'step'];
  if (isKind(value, 'tuple') && value.names?.includes(name) === true) return value.items[value.names.indexOf(name)];
  if (isKind(value, 'list') || isKind(value, 'tuple') || isKind(value, 'range')) return sequenceMethod(value, name);
  return undefined;
}

function dictMethod(dict: Extract<Value, { kind: 'dict' }>, name: string): Value | undefined {
  switch (name) {
    case 'get':
      return builtin((_, positional, keywords) => {
        const [key = null, otherwise = null] = bindGet(positional, keywords);
        const entry = dict.entries.get(keyOf(key));
        return entry === undefined ? otherwise : entry[1];
      });
    case 'keys':
    case 'values':
    case 'items':
      return builtin((_, positional, keywords) => {
        bindNothing(positional, keywords);
        return { kind: 'view', of: name, dict };
      });
    case 'copy':
      return builtin(() => ({ kind: 'dict', entries: dict.entries }));
    default:
      return undefined;
  }
}

function sequenceMethod(sequence: Value, name: string): Value | undefined {
  if (name === 'count') {
    return builtin((run, positional, keywords) => {
      const [sought = null] = bindCount(positional, keywords);
      let count = 0;
      for (const item of each(run, sequence)) if (equal(run, item, sought)) count += 1;
      return count;
    });
  }
  if (name === 'index') {
    return builtin((run, positional, keywords) => {
      const [sought = null, start, stop] = bindIndex(positional, keywords);
      const items = [...each(run, sequence)];
      const place = (at: Value | undefined, otherwise: number): number =>
        at === undefined || !isInt(at) ? otherwise : Number(at) < 0 ? Math.max(0, Number(at) + items.length) : Number(at);
      const found = items.findIndex((item, index) => index >= place(start, 0) && index < place(stop, items.length) && equal(run, item, sought));
      return found < 0 ? fail('ValueError', `${typeName(sequence)}.index(x): x not in ${typeName(sequence)}`) : found;
    });
  }
  if (name === 'copy' && isKind(sequence, 'list')) {
    return builtin((run) => {
      allotItems(run, sequence.items.length);
      return list(sequence.items);
    });
  }
  return undefined;
}
