// JSON becomes values of a template, with its size counted.
import type { Json } from '../../base/event.js';
import { fail } from './failure.js';
import { bounds } from './run.js';
import { float, list, type Entry, type Key, type Value } from './value.js';

export interface Converted {
  readonly value: Value;
  /** Of strings and keys, and one for each value. */
  readonly characters: number;
}

/**
 * JavaScript does not tell 1.0 from 1: whole numbers become ints as long as JSON spells them without an exponent.
 */
export function fromJson(json: Json): Converted {
  const count = { characters: 0 };
  const value = convert(json, 0, count);
  return { value, characters: count.characters };
}

function convert(json: Json, depth: number, count: { characters: number }): Value {
  count.characters += 1;
  if (depth > bounds.valueDepth) fail('limit', `the messages are nested more than ${bounds.valueDepth} levels deep`, 1);
  if (json === null || typeof json === 'boolean') return json;
  if (typeof json === 'string') {
    count.characters += json.length;
    return json;
  }
  if (typeof json === 'number') return number(json);
  if (Array.isArray(json)) return list(json.map((each: Json) => convert(each, depth + 1, count)));
  const entries = new Map<Key, Entry>();
  for (const [key, each] of Object.entries(json)) {
    if (each === undefined) continue;
    count.characters += key.length;
    entries.set(key.startsWith('\0') ? `\0s${key}` : key, [key, convert(each, depth + 1, count)]);
  }
  return { kind: 'dict', entries };
}

function number(value: number): Value {
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return float(value);
  return Number.isSafeInteger(value) ? value + 0 : BigInt(value);
}
