// String literals with Python's escapes.
import { escaped } from './text.js';

export interface StringLiteral {
  readonly value: string;
  /** Past the closing quote. */
  readonly end: number;
}

const simple: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** The literal at a quote; undefined where it does not end, or what is wrong with an escape. */
export function stringLiteral(source: string, at: number): StringLiteral | string | undefined {
  const quote = source[at]!;
  const parts: string[] = [];
  let next = at + 1;
  for (;;) {
    const start = next;
    while (next < source.length && source[next] !== quote && source[next] !== '\\') next += 1;
    parts.push(source.slice(start, next));
    if (next >= source.length || (source[next] === '\\' && next + 1 >= source.length)) return undefined;
    if (source[next] === quote) return { value: parts.join(''), end: next + 1 };
    const escape = readEscape(source, next + 1);
    if (typeof escape === 'string') return escape;
    parts.push(escape.value);
    next = escape.end;
  }
}

function readEscape(source: string, at: number): StringLiteral | string {
  const letter = source[at]!;
  if (Object.hasOwn(simple, letter)) return { value: simple[letter]!, end: at + 1 };
  const octal = /[0-7]{1,3}/y;
  octal.lastIndex = at;
  const found = octal.exec(source)?.[0];
  if (found !== undefined) return { value: String.fromCharCode(Number.parseInt(found, 8)), end: at + found.length };
  if (letter === 'N') return 'character names (\\N{...}) are not supported';
  // Python spells what is not ASCII as an escape of its own before it reads the escapes.
  if (letter > '\x7f') return { value: escaped(source.codePointAt(at)!), end: at + (source.codePointAt(at)! > 0xffff ? 2 : 1) };
  if (!Object.hasOwn(hexDigits, letter)) return { value: `\\${letter}`, end: at + 1 };
  const count = hexDigits[letter]!;
  const digits = source.slice(at + 1, at + 1 + count);
  if (digits.length !== count || /[^0-9a-fA-F]/.test(digits)) return `truncated \\${letter}${'X'.repeat(count)} escape`;
  const point = Number.parseInt(digits, 16);
  return point > 0x10ffff ? 'illegal Unicode character' : { value: String.fromCodePoint(point), end: at + 1 + count };
}
