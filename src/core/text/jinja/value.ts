// Values of a template, as Python has them: what they are, their type names, how they are made. Knows no operation.
import { fail, type FailureKind } from './failure.js';
import type { Run } from './run.js';

/** A Python int: a safe integer, or a bigint beyond. */
export type Int = number | bigint;

export interface Float {
  readonly kind: 'float';
  readonly value: number;
}

/** MarkupSafe's string: what is added to it is escaped. */
export interface Markup {
  readonly kind: 'markup';
  readonly text: string;
}

/** Prints as nothing, is false and empty; any other use fails with `message()`. */
export interface Undefined {
  readonly kind: 'undefined';
  readonly failure: FailureKind;
  message(): string;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

export interface Tuple {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
  /** Attributes of a named tuple, in the order of its items. */
  readonly names?: readonly string[];
}

/** Keys as `keyOf` spells them; the entry holds the key itself. */
export interface Dict {
  readonly kind: 'dict';
  readonly entries: ReadonlyMap<Key, Entry>;
}

export type Key = string | number | bigint | null | undefined;
export type Entry = readonly [key: Value, value: Value];

export interface Range {
  readonly kind: 'range';
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;
}

/** What `keys()`, `values()` and `items()` give. */
export interface View {
  readonly kind: 'view';
  readonly of: 'keys' | 'values' | 'items';
  readonly dict: Dict;
}

/** Yields its items once. */
export interface Iterating {
  readonly kind: 'iterator';
  readonly typeName: string;
  readonly iterator: Iterator<Value, void>;
}

export type Keywords = ReadonlyMap<string, Value>;
export type Call = (run: Run, positional: readonly Value[], keywords: Keywords) => Value;

/** Functions, macros, namespaces, loops: what has attributes or can be called. */
export interface Opaque {
  readonly kind: 'object';
  readonly typeName: string;
  /** Undefined where there is none of that name. */
  attribute?(name: string, run: Run): Value | undefined;
  call?: Call;
  iterate?(run: Run): Iterator<Value, void>;
  length?(run: Run): number;
  /** `depth`: how deep it stands in what is printed. */
  repr?(run: Run, depth: number): string;
  /** Only a namespace has it. */
  assign?(name: string, value: Value): void;
}

export type Value = null | boolean | Int | string | Float | Markup | Undefined | List | Tuple | Dict | Range | View | Iterating | Opaque;

export const float = (value: number): Float => ({ kind: 'float', value });
export const list = (items: readonly Value[]): List => ({ kind: 'list', items });
export const tuple = (items: readonly Value[]): Tuple => ({ kind: 'tuple', items });
export const markup = (text: string): Markup => ({ kind: 'markup', text });
export const makeText = (text: string, marked: boolean): string | Markup => (marked ? markup(text) : text);
export const iterating = (typeName: string, iterator: Iterator<Value, void>): Iterating => ({ kind: 'iterator', typeName, iterator });
export const builtin = (call: Call): Opaque => ({ kind: 'object', typeName: 'builtin_function_or_method', call });

/** `step` is not 0. */
export function makeRange(start: number, stop: number, step: number): Range {
  return { kind: 'range', start, stop, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
}

export const undefinedOf = (message: () => string, failure: FailureKind = 'UndefinedError'): Undefined => ({ kind: 'undefined', failure, message });
export const undefinedName = (name: string): Undefined => undefinedOf(() => `'${name}' is undefined`);

export function failUndefined(value: Undefined): never {
  fail(value.failure, value.message());
}

export const isInt = (value: Value): value is Int => typeof value === 'number' || typeof value === 'bigint';
export const isKind = <Kind extends Exclude<Value, null | boolean | Int | string>['kind']>(
  value: Value,
  kind: Kind,
): value is Extract<Value, { kind: Kind }> => typeof value === 'object' && value !== null && value.kind === kind;
export const isUndefined = (value: Value): value is Undefined => isKind(value, 'undefined');

/** The text of a string, marked or not. */
export function textOf(value: Value): string | undefined {
  return typeof value === 'string' ? value : isKind(value, 'markup') ? value.text : undefined;
}

/** An int; of a bool, 0 or 1. */
export function intOf(value: Value): Int | undefined {
  return isInt(value) ? value : typeof value === 'boolean' ? Number(value) : undefined;
}

/** Of an int, a bool or a float. */
export function numberOf(value: Value): number | undefined {
  if (isKind(value, 'float')) return value.value;
  const int = intOf(value);
  return int === undefined ? undefined : Number(int);
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (isInt(value)) return 'int';
  switch (value.kind) {
    case 'markup':
      return 'Markup';
    case 'undefined':
      return 'Undefined';
    case 'view':
      return `dict_${value.of}`;
    case 'iterator':
    case 'object':
      return value.typeName;
    default:
      return value.kind;
  }
}
