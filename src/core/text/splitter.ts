// Cuts a text into words at the matches of patterns. Knows nothing of vocabularies.
import type { Matcher } from './matcher.js';

/** Takes the words of a text one after another. */
export type Emit = (word: string) => void;
export type Splitter = (text: string, emit: Emit) => void;

/** Longest text that a regular expression sees at once: its engine keeps a few bytes per character and fails on millions. */
const windowLength = 2 ** 19;

/** What becomes of the matches of a splitting pattern (the names of tokenizer.json). */
export type Behavior = 'Isolated' | 'Removed' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

/** Gives the parts of a text in order: matches, and what lies between them. */
function eachPart(matcher: Matcher, text: string, take: (part: string, isMatch: boolean) => void): void {
  let done = 0;
  while (done < text.length && matcher.find(text, done)) {
    const { start, end } = matcher;
    if (start > done) take(text.slice(done, start), false);
    take(text.slice(start, end), true);
    done = end;
  }
  if (done < text.length) take(text.slice(done), false);
}

/** Cuts at every match: matches are words, and so is what lies between them. */
export const isolate = (matcher: Matcher): Splitter => inWindows((text, emit) => eachPart(matcher, text, emit));

/** Cuts at every match and treats the matches by their behaviour; `invert` swaps matches and what lies between. */
export function splitBy(matcher: Matcher, behavior: Behavior, invert: boolean): Splitter {
  if (behavior === 'Isolated') return isolate(matcher);
  return inWindows((text, emit) => {
    const parts: { text: string; match: boolean }[] = [];
    eachPart(matcher, text, (part, isMatch) => parts.push({ text: part, match: isMatch !== invert }));
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

/** Matches cut into threes from their right end, as large numbers are written; other text is left whole. */
export const groupThrees = (matcher: Matcher): Splitter =>
  inWindows((text, emit) =>
    eachPart(matcher, text, (part, isMatch) => {
      if (!isMatch) return emit(part);
      const digits = [...part];
      for (let start = 0, end = digits.length % 3 || 3; start < digits.length; start = end, end += 3) emit(digits.slice(start, end).join(''));
    }),
  );

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
