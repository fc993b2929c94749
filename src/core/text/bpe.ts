// Byte pair encoding with a list of merges: the rules, and the encoder of words built on them.
import { spellBytes } from './byte-alphabet.js';
import { createMerger, type MergeRules } from './merge.js';
import { rememberPairs } from './pair-cache.js';
import { mergedWord, remember, type Symbols, type WordEncoder } from './words.js';

/** `a b`, or the two pieces apart. */
export type MergeEntry = string | readonly [string, string];

/**
 * The rules of a list of merges, earlier ones first. They are indexed by their spelling, the quickest thing to load; ids are
 * looked up as pairs turn up. A merge whose result is not in the vocabulary has no effect.
 */
export function mergeRules(pieces: readonly (string | undefined)[], ids: ReadonlyMap<string, number>, merges: readonly MergeEntry[]): MergeRules {
  const separator = merges.every((entry) => typeof entry === 'string') ? ' ' : '\0';
  const rules = new Map<string, number>();
  for (let rule = merges.length - 1; rule >= 0; rule--) {
    const entry = merges[rule]!; // backwards, so that of equal entries the first counts
    rules.set(typeof entry !== 'string' ? entry[0] + separator + entry[1] : separator === ' ' ? entry : entry.replace(' ', separator), rule);
  }
  const results = new Int32Array(merges.length);
  const find = (left: number, right: number): number => {
    const rule = rules.get(pieces[left]! + separator + pieces[right]!);
    const joined = rule === undefined ? undefined : ids.get(pieces[left]! + pieces[right]!);
    if (joined === undefined) return -1;
    results[rule!] = joined;
    return rule!;
  };
  return { find: rememberPairs(find), priority: (rule) => rule, result: (rule) => results[rule]! };
}

export interface BpeOptions {
  readonly pieces: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly MergeEntry[];
  readonly symbols: Symbols;
  /** A word that is a piece is that piece, whatever the merges say; the vocabulary spells words so. */
  readonly wholeWords: 'as-they-are' | 'in-bytes' | undefined;
}

export function createBpe({ pieces, ids, merges, symbols, wholeWords }: BpeOptions): WordEncoder {
  const merged = mergedWord(symbols, createMerger(mergeRules(pieces, ids, merges)));
  if (wholeWords === undefined) return remember(merged);
  return remember((word) => {
    const id = ids.get(wholeWords === 'in-bytes' ? spellBytes(word) : word);
    return id === undefined ? merged(word) : [id];
  });
}
