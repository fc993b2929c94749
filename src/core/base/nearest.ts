// The word that was probably meant.

/** Edits between two words: insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replace, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

const longest = 256;

/** The nearest of `words`, case aside, where one is near: a beginning of it, or at most a third of the letters wrong. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  if (word.length > longest) return undefined;
  for (const candidate of words) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    const isBeginning = word.length >= 3 && candidate.startsWith(word);
    if (candidate.length > longest || (!isBeginning && Math.abs(candidate.length - word.length) > limit)) continue;
    const edits = isBeginning ? 0.5 : distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= limit) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** A hint sentence, or nothing. */
export function didYouMean(word: string, words: Iterable<string>, prefix = ''): string {
  const found = nearest(word, words);
  return found === undefined ? '' : `Did you mean ${prefix}${found}?`;
}
