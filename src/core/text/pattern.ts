// Regular expressions as tokenizer files write them (Oniguruma's dialect) in JavaScript's: Unicode white space and digits,
// `(?i:...)` spelled out, possessive quantifiers made atomic. What cannot be said exactly is refused.
import { LlmxError } from '../base/error.js';

/** What Oniguruma takes for a word's characters: Unicode's, and the raised digits and fractions of Latin-1. */
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be';
const boundary = `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`;

/** Escapes that stand for a set, as the inside of a class. */
const sets: Readonly<Record<string, string>> = { s: '\\p{White_Space}', S: '\\P{White_Space}', d: '\\p{Nd}', D: '\\P{Nd}', w: word, h: '0-9A-Fa-f' };
/** Escapes outside a class that are not sets. `^` and `$` are lines' ends, as in Ruby. */
const anchors: Readonly<Record<string, string>> = { b: boundary, B: `(?!${boundary})`, A: '^', z: '$', Z: '(?=\\n?$)', W: `[^${word}]` };
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

const refuse = (source: string, what: string): never => {
  throw new LlmxError('unsupported', `the tokenizer's pattern ${JSON.stringify(source)} has ${what}, which is not supported`);
};

/** A compiled pattern, always with the flag `u`. */
export function compilePattern(source: string, flags = ''): RegExp {
  const translated = translatePattern(source);
  try {
    return new RegExp(translated, `u${flags}`);
  } catch (cause) {
    throw new LlmxError('unsupported', `the tokenizer's pattern ${JSON.stringify(source)} is not supported`, '', { cause });
  }
}

/** What `read` gives, or undefined where it meets a pattern that is not supported. */
export function whereSupported<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof LlmxError && error.code === 'unsupported') return undefined;
    throw error;
  }
}

/** A literal text as a pattern. */
export const escapePattern = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** The pattern in JavaScript's dialect, without its flags. Captures become plain groups. */
export function translatePattern(source: string): string {
  const characters = [...source];
  let at = 0;
  let output = '';
  /** Where in `output` the last atom starts: a quantifier applies to it. */
  let atom = -1;
  let atomics = 0;
  let ignoreCase = false;
  const groups: { start: number; close: string; ignoreCase: boolean }[] = [];

  const add = (text: string): void => {
    atom = output.length;
    output += text;
  };
  const open = (skipped: number, text: string, close = ')', ignore = ignoreCase): void => {
    groups.push({ start: output.length, close, ignoreCase });
    output += text;
    ignoreCase = ignore;
    atom = -1;
    at += skipped;
  };

  const openGroup = (): void => {
    const ahead = characters.slice(at, at + 40).join('');
    const plain = ['(?:', '(?=', '(?!', '(?<=', '(?<!'].find((opening) => ahead.startsWith(opening));
    const named = /^\(\?P?<[A-Za-z_]\w*>/.exec(ahead);
    if (ahead.startsWith('(?i:')) open(4, '(?:', ')', true);
    else if (ahead.startsWith('(?-i:')) open(5, '(?:', ')', false);
    else if (ahead.startsWith('(?i)')) [at, ignoreCase] = [at + 4, true];
    else if (ahead.startsWith('(?>')) open(3, `(?=(?<a${++atomics}>`, `))\\k<a${atomics}>`);
    else if (plain !== undefined) open(plain.length, plain);
    else if (named) open(named[0].length, '(?:');
    else if (ahead.startsWith('(?')) refuse(source, 'an unknown group');
    else open(1, '(?:');
  };

  const closeGroup = (): void => {
    const group = groups.pop() ?? refuse(source, 'an unopened group');
    output += group.close;
    atom = group.start;
    ignoreCase = group.ignoreCase;
    at++;
  };

  const quantify = (quantifier: string): void => {
    if (atom < 0) refuse(source, 'a quantifier of nothing');
    output += quantifier.replace('{,', '{0,');
    at += quantifier.length;
    if (characters[at] === '?') [output, at] = [`${output}?`, at + 1];
    else if (characters[at] === '+') {
      const quantified = output.slice(atom);
      // `x++` is possessive; `x{1,3}+` is only a repetition of a repetition in Ruby's dialect
      output = output.slice(0, atom) + (quantifier.startsWith('{') ? `(?:${quantified})+` : `(?=(?<a${++atomics}>${quantified}))\\k<a${atomics}>`);
      at++;
    }
  };

  while (at < characters.length) {
    const character = characters[at]!;
    const braces = character === '{' ? /^\{(\d+(,\d*)?|,\d+)\}/.exec(characters.slice(at, at + 20).join('')) : null;
    if (character === '\\') {
      const escape = readEscape(source, characters, at);
      at = escape.end;
      add(escape.anchor ?? (escape.set ? `[${escape.set}]` : caseless(escape.character!, ignoreCase, false)));
    } else if (character === '[') {
      const bracket = readClass(source, characters, at, ignoreCase);
      at = bracket.end;
      add(bracket.text);
    } else if (character === '(') openGroup();
    else if (character === ')') closeGroup();
    else if (braces) quantify(braces[0]);
    else if ('*+?'.includes(character)) quantify(character);
    else if (character === '|') [output, atom, at] = [`${output}|`, -1, at + 1];
    else {
      add(character === '.' ? '[^\\n]' : character === '^' ? '(?<=^|\\n)' : character === '$' ? '(?=\\n|$)' : caseless(character, ignoreCase, false));
      at++;
    }
  }
  if (groups.length > 0) refuse(source, 'an unclosed group');
  return output;
}

/** One character outside (or inside) a class, in all its cases where wanted. Long s and the Kelvin sign fold to s and k. */
function caseless(character: string, ignoreCase: boolean, inClass: boolean): string {
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
  readonly set?: string;
  readonly anchor?: string;
}

function readEscape(source: string, characters: readonly string[], at: number): Escape {
  const letter = characters[at + 1] ?? refuse(source, 'a backslash at its end');
  const rest = characters.slice(at + 1, at + 40).join('');
  const property = /^([pP])\{(\^?)([\w ]+)\}/.exec(rest);
  if (property) return { end: at + 1 + property[0].length, set: propertySet(source, (property[1] === 'P') !== (property[2] === '^'), property[3]!) };
  const code = /^(?:[xu]\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
  if (code) {
    const point = Number.parseInt(code[1] ?? code[2] ?? code[3]!, 16);
    if (point > 0x10ffff) refuse(source, 'a code point beyond Unicode');
    return { end: at + 1 + code[0].length, character: String.fromCodePoint(point) };
  }
  const end = at + 2;
  if (sets[letter] !== undefined) return { end, set: sets[letter] };
  if (anchors[letter] !== undefined) return { end, anchor: anchors[letter] };
  if (controls[letter] !== undefined) return { end, character: controls[letter] };
  if (/[A-Za-z1-9]/.test(letter)) refuse(source, `the escape \\${letter}`);
  return { end, character: letter };
}

function propertySet(source: string, negated: boolean, name: string): string {
  for (const candidate of [name, `Script=${name}`]) {
    const set = `\\${negated ? 'P' : 'p'}{${candidate}}`;
    try {
      new RegExp(set, 'u');
      return set;
    } catch {
      continue; // not a name that JavaScript knows
    }
  }
  return refuse(source, `the property ${name}`);
}

function readClass(source: string, characters: readonly string[], start: number, ignoreCase: boolean): { text: string; end: number } {
  let at = start + 1;
  let text = '[';
  if (characters[at] === '^') [text, at] = ['[^', at + 1];
  for (let first = true; first || characters[at] !== ']'; first = false) {
    const posix = /^\[:(\w+):\]/.exec(characters.slice(at, at + 12).join(''));
    if (at >= characters.length) refuse(source, 'an unclosed class');
    else if (posix)
      [text, at] = [text + (Object.hasOwn(posixSets, posix[1]!) ? posixSets[posix[1]!] : refuse(source, 'an unknown class')), at + posix[0].length];
    else if (characters[at] === '[' || (characters[at] === '&' && characters[at + 1] === '&')) refuse(source, 'a class in a class');
    else {
      const low = readMember(source, characters, at);
      at = low.end;
      if (low.set) text += low.set;
      else if (characters[at] === '-' && characters[at + 1] !== ']' && at + 1 < characters.length) {
        const high = readMember(source, characters, at + 1);
        if (!high.character || ignoreCase) refuse(source, 'an unusual range');
        text += `${escapePattern(low.character!)}-${escapePattern(high.character!)}`;
        at = high.end;
      } else text += caseless(low.character!, ignoreCase, true);
    }
  }
  return { text: `${text}]`, end: at + 1 };
}

function readMember(source: string, characters: readonly string[], at: number): Escape {
  if (characters[at] !== '\\') return { end: at + 1, character: characters[at]! };
  const escape = readEscape(source, characters, at);
  if (escape.anchor && characters[at + 1] === 'b') return { end: escape.end, character: '\b' };
  return escape.anchor ? refuse(source, 'an anchor in a class') : escape;
}
