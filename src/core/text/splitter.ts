// Cuts a text into words by regular expressions. Knows nothing of vocabularies.
import { compilePattern } from './pattern.js';

/** Takes the words of a text one after another. */
export type Emit = (word: string) => void;
export type Splitter = (text: string, emit: Emit) => void;

/** Longest text that a regular expression sees at once: its engine keeps a few bytes per character and fails on millions. */
const windowLength = 2 ** 19;

/** What becomes of the matches of a splitting pattern (the names of tokenizer.json). */
export type Behavior = 'Isolated' | 'Removed' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

/** Cuts at every match: matches are words, and so is what lies between them. */
export function isolate(pattern: string): Splitter {
  const sticky = compilePattern(pattern, 'y');
  const global = compilePattern(pattern, 'g');
  return inWindows((text, emit) => {
    for (let at = 0; at < text.length;) {
      // most patterns match everywhere, and a sticky test makes no match object
      sticky.lastIndex = at;
      if (sticky.test(text) && sticky.lastIndex > at) {
        emit(text.slice(at, sticky.lastIndex));
        at = sticky.lastIndex;
        continue;
      }
      const match = nextMatch(global, text, at);
      if (match.start > at) emit(text.slice(at, match.start));
      if (match.end > match.start) emit(text.slice(match.start, match.end));
      at = match.end;
    }
  });
}

/** Next match that is not empty, or the end of the text. */
function nextMatch(global: RegExp, text: string, from: number): { start: number; end: number } {
  global.lastIndex = from;
  for (let match = global.exec(text); match !== null; match = global.exec(text)) {
    if (match[0].length > 0) return { start: match.index, end: match.index + match[0].length };
    global.lastIndex = match.index + 1;
  }
  return { start: text.length, end: text.length };
}

/** Cuts at every match and treats the matches by their behaviour; `invert` swaps matches and what lies between. */
export function splitBy(pattern: string, behavior: Behavior, invert: boolean): Splitter {
  if (behavior === 'Isolated') return isolate(pattern);
  const global = compilePattern(pattern, 'g');
  return inWindows((text, emit) => {
    const parts: { text: string; match: boolean }[] = [];
    for (let at = 0; at < text.length;) {
      const { start, end } = nextMatch(global, text, at);
      if (start > at) parts.push({ text: text.slice(at, start), match: invert });
      if (end > start) parts.push({ text: text.slice(start, end), match: !invert });
      at = end;
    }
    for (const word of join(parts, behavior)) emit(word);
  });
}

function join(parts: readonly { text: string; match: boolean }[], behavior: Behavior): string[] {
  if (behavior === 'Removed') return parts.filter(({ match }) => !match).map(({ text }) => text);
  const words: string[] = [];
  parts.forEach(({ text, match }, index) => {
    const before = parts[index - 1]?.match;
    const joins =
      behavior === 'Contiguous'
        ? match && before === true
        : behavior === 'MergedWithPrevious'
          ? match && before === false
          : !match && before === true;
    if (joins && words.length > 0) words[words.length - 1] += text;
    else words.push(text);
  });
  return words;
}

/** Runs of `pattern` cut into threes from their right end, as large numbers are written; other text is left whole. */
export function groupThrees(pattern: string): Splitter {
  const runs = isolate(pattern);
  const whole = compilePattern(`^(?:${pattern})$`);
  return (text, emit) =>
    runs(text, (word) => {
      if (!whole.test(word)) return emit(word);
      const digits = [...word];
      for (let start = 0, end = digits.length % 3 || 3; start < digits.length; start = end, end += 3) emit(digits.slice(start, end).join(''));
    });
}

/** Each splitter cuts the words of the one before it. */
export const inSequence = (splitters: readonly Splitter[]): Splitter =>
  splitters.reduceRight<Splitter>(
    (after, splitter) => (text, emit) => splitter(text, (word) => after(word, emit)),
    (text, emit) => emit(text),
  );

const inWindows =
  (splitter: Splitter): Splitter =>
  (text, emit) => {
    let rest = text;
    while (rest.length > windowLength) {
      const cut = safeCut(rest);
      splitter(rest.slice(0, cut), emit);
      rest = rest.slice(cut);
    }
    splitter(rest, emit);
  };

/** A place near the end of the window where every known pattern cuts: a line that begins with a letter, else a space before a letter; else anywhere. */
function safeCut(text: string): number {
  const isLetter = (at: number): boolean => /[A-Za-z]/.test(text[at] ?? '');
  for (let at = text.lastIndexOf('\n', windowLength - 1); at > windowLength / 2; at = text.lastIndexOf('\n', at - 1))
    if (isLetter(at + 1)) return at + 1;
  for (let at = text.lastIndexOf(' ', windowLength - 1); at > windowLength / 2; at = text.lastIndexOf(' ', at - 1))
    if (isLetter(at - 1) && isLetter(at + 1)) return at;
  return /[\uD800-\uDBFF]/.test(text[windowLength - 1]!) ? windowLength - 1 : windowLength;
}
