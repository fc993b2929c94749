// Where the cursor goes: graphemes, words, lines. Offsets in, offsets out.
import { after, before } from '../text/graphemes.js';
import type { Draft } from './state.js';

const isWordCharacter = (text: string): boolean => /[\p{L}\p{N}\p{M}_]/u.test(text);

/** What lies at the cursor up to the end of its kind; one grapheme at least. */
export function wordRight({ text, cursor }: Draft): number {
  let at = cursor;
  const next = (): string => text.slice(at, after(text, at));
  while (at < text.length && !isWordCharacter(next())) at = after(text, at);
  while (at < text.length && isWordCharacter(next())) at = after(text, at);
  return at;
}

export function wordLeft({ text, cursor }: Draft): number {
  let at = cursor;
  const last = (): string => text.slice(before(text, at), at);
  while (at > 0 && !isWordCharacter(last())) at = before(text, at);
  while (at > 0 && isWordCharacter(last())) at = before(text, at);
  return at;
}

/** Back to the space before: Ctrl+W of a shell. */
export function bigWordLeft({ text, cursor }: Draft): number {
  let at = cursor;
  while (at > 0 && /\s/.test(text[at - 1]!)) at--;
  while (at > 0 && !/\s/.test(text[at - 1]!)) at--;
  return at;
}

export const left = ({ text, cursor }: Draft): number => before(text, cursor);
export const right = ({ text, cursor }: Draft): number => after(text, cursor);
export const lineStart = ({ text, cursor }: Draft): number => (cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1);

export function lineEnd({ text, cursor }: Draft): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}
