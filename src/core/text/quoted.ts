// Names and values out of files, for errors: cut where they are long, and nothing in them that a terminal acts upon.
import type { Json } from '../base/event.js';
import { printable } from '../base/printable.js';

const longest = 80;

/** A text in quotes. */
export const quoted = (text: string): string => printable(JSON.stringify(text.length > longest ? `${text.slice(0, longest - 3)}...` : text));

/** A name as it stands where it is plain, else in quotes. */
export const named = (name: string): string => (name.length <= longest && /^[\w.{}/-]+$/.test(name) ? name : quoted(name));

/** A value: numbers and short text as they are, of everything else its kind. */
export function shown(value: Json | undefined): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return String(value);
}
