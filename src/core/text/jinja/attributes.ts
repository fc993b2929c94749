// `value.name`, `value[index]` and slices, in Jinja2's sandbox: nothing that begins with `_`, nothing that changes a list or dict.
import type { Lookup } from './braces.js';
import { keyOf } from './compare.js';
import { fail, recover } from './failure.js';
import { rangeItem } from './iterate.js';
import { containerMethod, mutators } from './methods-container.js';
import { textMethod } from './methods-text.js';
import { repr } from './print.js';
import { allotItems, allotText, spend, type Run } from './run.js';
import { characters, substring, textLength } from './text.js';
import {
  failUndefined,
  intOf,
  isInt,
  isKind,
  isUndefined,
  list,
  makeRange,
  markup,
  textOf,
  tuple,
  typeName,
  undefinedOf,
  type Undefined,
  type Value,
} from './value.js';

/** Attributes that each object of Python has. */
const internals = new Set(
  (
    'class delattr dict dir doc eq format ge getattribute getstate gt hash init init_subclass le lt module ne new reduce reduce_ex repr setattr ' +
    'sizeof str subclasshook len iter getitem contains add mul call mod name globals code func self'
  )
    .split(' ')
    .map((name) => `__${name}__`),
);

/** Those of them that an undefined value has not. */
const ofFunctions: ReadonlySet<string> = new Set(['__contains__', '__name__', '__globals__', '__code__', '__func__', '__self__']);

/** `value.name`: an attribute, else an item of that name. */
export function attribute(run: Run, value: Value, name: string): Value {
  spend(run, 1);
  if (isUndefined(value) && (!internals.has(name) || ofFunctions.has(name))) failUndefined(value);
  const found = attributeOf(run, value, name);
  if (found !== undefined) return found;
  if (isKind(value, 'dict')) return value.entries.get(keyOf(name))?.[1] ?? missing(value, name);
  return missingAttribute(value, name);
}

/** `value[index]`: an item, else an attribute of that name. */
export function item(run: Run, value: Value, index: Value): Value {
  spend(run, 1);
  if (isUndefined(value)) failUndefined(value);
  const found = itemOf(run, value, index);
  if (found !== undefined) return found;
  const name = textOf(index);
  if (name === undefined) return undefinedOf(() => `${objectName(value)} has no element ${repr(run, index)}`);
  return attributeOf(run, value, name) ?? missingAttribute(value, name);
}

export const lookup: Lookup = { attribute, item };

function missing(value: Extract<Value, { kind: 'dict' }>, name: string): Value {
  // A key may hold None.
  return value.entries.has(keyOf(name)) ? null : missingAttribute(value, name);
}

function missingAttribute(value: Value, name: string): Undefined {
  return undefinedOf(() => `'${objectName(value)}' has no attribute '${name}'`);
}

const objectName = (value: Value): string => (value === null ? 'None' : `${typeName(value)} object`);

/** The attribute of an object alone, as the filter `attr` looks it up; undefined where it has none. */
export function attributeOf(run: Run, value: Value, name: string): Value | undefined {
  const found = ownAttribute(run, value, name);
  const internal = name.startsWith('__') && internals.has(name);
  if (internal || (found !== undefined && name.startsWith('_')) || mutators(value).has(name))
    return undefinedOf(() => `access to attribute '${name}' of '${typeName(value)}' object is unsafe.`, 'SecurityError');
  return found;
}

function ownAttribute(run: Run, value: Value, name: string): Value | undefined {
  const text = textOf(value);
  if (text !== undefined) return textMethod(text, isKind(value, 'markup'), name, lookup);
  return isKind(value, 'object') ? value.attribute?.(name, run) : containerMethod(value, name);
}

function itemOf(run: Run, value: Value, index: Value): Value | undefined {
  if (isKind(value, 'dict'))
    return recover(
      ['TypeError'],
      () => fromDict(value, index),
      () => undefined,
    );
  const at = intOf(index);
  if (at === undefined) return undefined;
  const text = textOf(value);
  if (text !== undefined) {
    const character = characterAt(run, text, Number(at));
    return character === undefined || typeof value === 'string' ? character : markup(character);
  }
  if (isKind(value, 'list') || isKind(value, 'tuple')) return value.items.at(Number(at) < -value.items.length ? value.items.length : Number(at));
  if (isKind(value, 'range')) {
    const place = Number(at) < 0 ? Number(at) + value.length : Number(at);
    return place >= 0 && place < value.length ? rangeItem(value, place) : undefined;
  }
  return undefined;
}

function fromDict(value: Extract<Value, { kind: 'dict' }>, index: Value): Value | undefined {
  const entry = value.entries.get(keyOf(index));
  return entry?.[1];
}

function characterAt(run: Run, text: string, at: number): string | undefined {
  spend(run, text.length / 16);
  const length = textLength(text);
  const place = at < 0 ? at + length : at;
  if (place < 0 || place >= length) return undefined;
  return length === text.length ? text[place] : characters(text)[place];
}

/** `value[start:stop:step]`; null where a part is left out. */
export function slice(run: Run, value: Value, start: Value, stop: Value, step: Value): Value {
  spend(run, 1);
  if (isUndefined(value)) failUndefined(value);
  const stride = bound(step, 1);
  if (stride === 0) fail('ValueError', 'slice step cannot be zero');
  const text = textOf(value);
  if (text !== undefined) {
    allotText(run, text.length);
    const cut = sliceText(text, start, stop, stride);
    return isKind(value, 'markup') ? markup(cut) : cut;
  }
  if (isKind(value, 'list') || isKind(value, 'tuple')) {
    const places = indices(value.items.length, start, stop, stride);
    allotItems(run, places.length);
    const items = places.map((place) => value.items[place]!);
    return isKind(value, 'list') ? list(items) : tuple(items);
  }
  if (isKind(value, 'range')) {
    const [first, end] = extent(value.length, start, stop, stride);
    return makeRange(rangeItem(value, first), rangeItem(value, end), value.step * stride);
  }
  if (isKind(value, 'dict')) return fail('TypeError', "unhashable type: 'slice'");
  return fail('TypeError', `'${typeName(value)}' object is not subscriptable`);
}

function sliceText(text: string, start: Value, stop: Value, stride: number): string {
  const length = textLength(text);
  const [first, end] = extent(length, start, stop, stride);
  if (stride === 1) return substring(text, first, end);
  const points = characters(text);
  return indices(length, start, stop, stride)
    .map((place) => points[place]!)
    .join('');
}

function bound(value: Value, otherwise: number): number {
  if (value === null) return otherwise;
  if (!isInt(value) && typeof value !== 'boolean') fail('TypeError', 'slice indices must be integers or None or have an __index__ method');
  return Number(value);
}

/** The first place, and the place where it ends. */
function extent(length: number, start: Value, stop: Value, stride: number): readonly [first: number, end: number] {
  const [low, high] = stride > 0 ? [0, length] : [-1, length - 1];
  const clamp = (value: Value, otherwise: number): number => {
    const at = bound(value, otherwise);
    if (value === null) return at;
    return Math.max(low, Math.min(high, at < 0 ? at + length : at));
  };
  const first = clamp(start, stride > 0 ? low : high);
  return [first, clamp(stop, stride > 0 ? high : low)];
}

function indices(length: number, start: Value, stop: Value, stride: number): readonly number[] {
  const [first, end] = extent(length, start, stop, stride);
  return Array.from({ length: Math.max(0, Math.ceil((end - first) / stride)) }, (_, index) => first + index * stride);
}
