// Characters, escapes and classes of patterns as tokenizer files write them, said in JavaScript's dialect with the flag `u`.
import { LlmxError } from '../base/error.js';
import { choice, edge, look, sequence, set, type PatternNode } from './pattern-node.js';
import { quoted } from './quoted.js';

/** What Oniguruma takes for a word's characters: Unicode's, and the raised digits and fractions of Latin-1. */
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be';
const inWord = set(`[${word}]`);
const boundary = choice(sequence(look(inWord, true), look(inWord, false, true)), sequence(look(inWord, true, true), look(inWord)));

/** Escapes that stand for a set, as the inside of a class. */
const sets: Readonly<Record<string, string>> = { s: '\\p{White_Space}', S: '\\P{White_Space}', d: '\\p{Nd}', D: '\\P{Nd}', w: word, h: '0-9A-Fa-f' };
/** Escapes outside a class that are not sets. */
const anchors: Readonly<Record<string, PatternNode>> = {
  b: boundary,
  B: look(boundary, false, true),
  A: edge('start'),
  z: edge('end'),
  Z: look(sequence({ kind: 'repeat', body: set('\\n'), least: 0, most: 1, lazy: false }, edge('end'))),
  W: set(`[^${word}]`),
};
const posixSets: Readonly<Record<string, string>> = {
  alpha: '\\p{Alphabetic}',
  digit: '\\p{Nd}',
  alnum: '\\p{Alphabetic}\\p{Nd}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  lower: '\\p{Lowercase}',
  punct: '\\p{P}$+<=>\\^`|~',
  cntrl: '\\p{Cc}',
  xdigit: '0-9A-Fa-f',
  word,
};
const controls: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', f: '\f', v: '\v', a: '\x07', e: '\x1b', 0: '\0' };

export const refusePattern = (source: string, what: string): never => {
  throw new LlmxError('unsupported', `the tokenizer's pattern ${quoted(source)} has ${what}, which is not supported`);
};

/** A literal text as a pattern. */
const escapePattern = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** One character outside (or inside) a class, in all its cases where wanted. Long s and the Kelvin sign fold to s and k. */
export function caseless(character: string, ignoreCase: boolean, inClass: boolean): string {
  const lower = character.toLowerCase();
  const all = ignoreCase
    ? [...new Set([lower, character.toUpperCase(), lower === 's' ? '\u017f' : lower, lower === 'k' ? '\u212a' : lower])]
    : [character];
  const text = all
    .filter((one) => [...one].length === 1)
    .map(escapePattern)
    .join('');
  return inClass || all.length === 1 ? text : `[${text}]`;
}

interface Escape {
  readonly end: number;
  readonly character?: string;
  /** The inside of a class. */
  readonly set?: string;
  readonly anchor?: PatternNode;
}

export function readEscape(source: string, characters: readonly string[], at: number): Escape {
  const letter = characters[at + 1] ?? refusePattern(source, 'a backslash at its end');
  const rest = characters.slice(at + 1, at + 40).join('');
  const property = /^([pP])\{(\^?)([\w ]+)\}/.exec(rest);
  if (property) return { end: at + 1 + property[0].length, set: propertySet(source, (property[1] === 'P') !== (property[2] === '^'), property[3]!) };
  const code = /^(?:[xu]\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
  if (code) {
    const point = Number.parseInt(code[1] ?? code[2] ?? code[3]!, 16);
    if (point > 0x10ffff) refusePattern(source, 'a code point beyond Unicode');
    return { end: at + 1 + code[0].length, character: String.fromCodePoint(point) };
  }
  const end = at + 2;
  if (sets[letter] !== undefined) return { end, set: sets[letter] };
  if (anchors[letter] !== undefined) return { end, anchor: anchors[letter] };
  if (controls[letter] !== undefined) return { end, character: controls[letter] };
  if (/[A-Za-z1-9]/.test(letter)) refusePattern(source, `the escape \\${letter}`);
  return { end, character: letter };
}

function propertySet(source: string, negated: boolean, name: string): string {
  for (const candidate of [name, `Script=${name}`]) {
    const escape = `\\${negated ? 'P' : 'p'}{${candidate}}`;
    try {
      new RegExp(escape, 'u');
      return escape;
    } catch {
      continue; // not a name that JavaScript knows
    }
  }
  return refusePattern(source, `the property ${name}`);
}

const deepestClass = 8;

/** A class from its opening bracket on, with classes in it and intersections (`[\p{L}&&[^\p{Han}]]`). */
export function readClass(
  source: string,
  characters: readonly string[],
  start: number,
  ignoreCase: boolean,
  depth = 1,
): { readonly node: PatternNode; readonly end: number } {
  if (depth > deepestClass) refusePattern(source, `more than ${deepestClass} classes in classes`);
  const negated = characters[start + 1] === '^';
  const inside = start + (negated ? 2 : 1);
  const operands: PatternNode[] = [];
  let at = inside;
  let text = '';
  let nested: PatternNode[] = [];
  const closeOperand = (): void => {
    if (text === '' && nested.length === 0) refusePattern(source, 'an empty class');
    operands.push(nested.length === 0 ? set(`[${text}]`) : choice(...(text === '' ? [] : [set(`[${text}]`)]), ...nested));
    [text, nested] = ['', []];
  };
  for (; at === inside || characters[at] !== ']';) {
    const posix = characters[at] === '[' ? /^\[:(\w+):\]/.exec(characters.slice(at, at + 12).join('')) : null;
    if (at >= characters.length) refusePattern(source, 'an unclosed class');
    else if (posix) {
      text += Object.hasOwn(posixSets, posix[1]!) ? posixSets[posix[1]!]! : refusePattern(source, 'an unknown class');
      at += posix[0].length;
    } else if (characters[at] === '[') {
      const inner = readClass(source, characters, at, ignoreCase, depth + 1);
      nested.push(inner.node);
      at = inner.end;
    } else if (characters[at] === '&' && characters[at + 1] === '&') {
      closeOperand();
      at += 2;
    } else {
      const member = readMembers(source, characters, at, ignoreCase);
      text += member.text;
      at = member.end;
    }
  }
  if (operands.length === 0 && nested.length === 0) return { node: set(`[${negated ? '^' : ''}${text}]`), end: at + 1 };
  closeOperand();
  const node = operands.length === 1 ? operands[0]! : sequence(...operands.slice(0, -1).map((operand) => look(operand)), operands.at(-1)!);
  return { node: negated ? sequence(look(node, false, true), set('[^]')) : node, end: at + 1 };
}

/** One member of a class, or a range of them. */
function readMembers(source: string, characters: readonly string[], start: number, ignoreCase: boolean): { text: string; end: number } {
  const low = readMember(source, characters, start);
  if (low.set) return { text: low.set, end: low.end };
  if (characters[low.end] !== '-' || characters[low.end + 1] === ']' || low.end + 1 >= characters.length)
    return { text: caseless(low.character!, ignoreCase, true), end: low.end };
  const high = readMember(source, characters, low.end + 1);
  if (!high.character || ignoreCase || high.character.codePointAt(0)! < low.character!.codePointAt(0)!) refusePattern(source, 'an unusual range');
  return { text: `${escapePattern(low.character!)}-${escapePattern(high.character!)}`, end: high.end };
}

function readMember(source: string, characters: readonly string[], at: number): Escape {
  if (characters[at] !== '\\') return { end: at + 1, character: characters[at]! };
  const escape = readEscape(source, characters, at);
  if (escape.anchor && characters[at + 1] === 'b') return { end: escape.end, character: '\b' };
  return escape.anchor ? refusePattern(source, 'an anchor in a class') : escape;
}
