// The questions that Python's strings answer about themselves: `isdigit` and its kin.
import { isCased, isPrintable, isSpace } from './text.js';

const all =
  (test: (character: string) => boolean) =>
  (text: string): boolean => {
    for (const character of text) if (!test(character)) return false;
    return text !== '';
  };
const matches = (pattern: RegExp) => all((character) => pattern.test(character));

/** Superscripts and circled digits, whose numeric type is Digit. */
const digit =
  /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792]$/u;

export const isDigits = matches(digit);

/** True where some letter has case and none has the other. */
function cased(wrong: RegExp) {
  return (text: string): boolean => {
    let found = false;
    for (const character of text) {
      if (wrong.test(character)) return false;
      found ||= isCased(character);
    }
    return found;
  };
}

function isTitle(text: string): boolean {
  let [inWord, found] = [false, false];
  for (const character of text) {
    const upper = /^[\p{Uppercase}\p{Lt}]$/u.test(character);
    const lower = /^\p{Lowercase}$/u.test(character);
    if ((upper && inWord) || (lower && !inWord)) return false;
    inWord = upper || lower;
    found ||= inWord;
  }
  return found;
}

export const classes: readonly (readonly [name: string, test: (text: string) => boolean])[] = [
  ['isalpha', matches(/^\p{L}$/u)],
  ['isdecimal', matches(/^\p{Nd}$/u)],
  ['isdigit', isDigits],
  ['isnumeric', matches(/^[\p{N}〇一二三四五六七八九十百千万亿零]$/u)],
  ['isalnum', matches(/^[\p{L}\p{N}]$/u)],
  ['isspace', all(isSpace)],
  ['islower', cased(/^[\p{Uppercase}\p{Lt}]$/u)],
  ['isupper', cased(/^[\p{Lowercase}\p{Lt}]$/u)],
  ['istitle', isTitle],
  ['isascii', (text) => [...text].every((character) => character <= '\x7f')],
  ['isprintable', (text) => [...text].every(isPrintable)],
  ['isidentifier', (text) => /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(text)],
];
