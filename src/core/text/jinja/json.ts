// `json.dumps` as Python writes it: what Transformers' filter `tojson` gives templates.
import { order } from './compare.js';
import { fail } from './failure.js';
import { floatText } from './numbers.js';
import { intText } from './print.js';
import { allotText, bounds, spend, type Run } from './run.js';
import { isInt, isKind, textOf, typeName, type Value } from './value.js';

export interface JsonStyle {
  readonly asciiOnly: boolean;
  /** What each level is indented by; undefined where all stands in one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
}

interface Writing {
  readonly run: Run;
  readonly style: JsonStyle;
  readonly parts: string[];
  length: number;
}

export function toJson(run: Run, value: Value, style: JsonStyle): string {
  const writing: Writing = { run, style, parts: [], length: 0 };
  write(writing, value, 0);
  return writing.parts.join('');
}

function put(writing: Writing, text: string): void {
  writing.length += text.length;
  if (writing.length > bounds.text) allotText(writing.run, writing.length);
  spend(writing.run, 1 + text.length / bounds.charactersPerUnit);
  writing.parts.push(text);
}

function write(writing: Writing, value: Value, depth: number): void {
  if (depth > bounds.valueDepth) fail('limit', 'a value is nested too deeply to write as JSON');
  const text = scalar(writing, value);
  if (text !== undefined) put(writing, text);
  else if (isKind(value, 'list') || isKind(value, 'tuple')) enclose(writing, depth, '[', ']', value.items, (each) => write(writing, each, depth + 1));
  else if (isKind(value, 'dict'))
    enclose(writing, depth, '{', '}', entriesOf(writing, value), ([key, each]) => {
      put(writing, quotedKey(writing, key));
      put(writing, writing.style.keySeparator);
      write(writing, each, depth + 1);
    });
  else fail('TypeError', `Object of type ${typeName(value)} is not JSON serializable`);
}

function scalar({ style }: Writing, value: Value): string | undefined {
  const text = textOf(value);
  if (text !== undefined) return quote(text, style.asciiOnly);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return intText(value);
  return isKind(value, 'float') ? jsonFloat(value.value) : undefined;
}

function enclose<Item>(writing: Writing, depth: number, open: string, close: string, items: readonly Item[], each: (item: Item) => void): void {
  const { indent, itemSeparator } = writing.style;
  const newline = (levels: number): string => (indent === undefined ? '' : `\n${indent.repeat(levels)}`);
  put(writing, open);
  items.forEach((item, index) => {
    if (index > 0) put(writing, itemSeparator);
    put(writing, newline(depth + 1));
    each(item);
  });
  if (items.length > 0) put(writing, newline(depth));
  put(writing, close);
}

function entriesOf({ run, style }: Writing, value: Extract<Value, { kind: 'dict' }>): readonly (readonly [Value, Value])[] {
  const entries = [...value.entries.values()];
  return style.sortKeys ? entries.sort(([a], [b]) => order(run, a, b)) : entries;
}

function quotedKey({ style }: Writing, key: Value): string {
  const text = textOf(key);
  if (text !== undefined) return quote(text, style.asciiOnly);
  if (key === null) return '"null"';
  if (typeof key === 'boolean') return `"${key}"`;
  if (isInt(key)) return `"${intText(key)}"`;
  if (isKind(key, 'float')) return `"${jsonFloat(key.value)}"`;
  return fail('TypeError', `keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return floatText(value);
  return Number.isNaN(value) ? 'NaN' : value < 0 ? '-Infinity' : 'Infinity';
}

const short: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };
const unit = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function quote(text: string, asciiOnly: boolean): string {
  const unsafe = asciiOnly ? /["\\]|[^ -~]/g : /["\\\u0000-\u001f]/g;
  return `"${text.replace(unsafe, (character) => short[character] ?? unit(character))}"`;
}
