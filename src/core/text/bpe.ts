// Byte pair encoding with a list of merges: the rules, and the encoder of words built on them.
import { spellBytes } from './byte-alphabet.js';
import { indexMerges, type MergeEntry } from './merge-index.js';
import { createMerger, type MergeRules } from './merge.js';
import { rememberPairs } from './pair-cache.js';
import { mergedWord, remember, type Symbols, type WordEncoder } from './words.js';

/**
 * The rules of a list of merges, earlier ones first. Ids are looked up as pairs turn up, so that a vocabulary loads at once.
 * A merge whose result is not in the vocabulary has no effect.
 */
export function mergeRules(pieces: readonly (string | undefined)[], ids: ReadonlyMap<string, number>, merges: readonly MergeEntry[]): MergeRules {
  const findMerge = indexMerges(merges);
  const results = new Int32Array(merges.length);
  const find = (left: number, right: number): number => {
    const rule = findMerge(pieces[left]!, pieces[right]!);
    const joined = rule < 0 ? undefined : ids.get(pieces[left]! + pieces[right]!);
    if (joined === undefined) return -1;
    results[rule] = joined;
    return rule;
  };
  return { find: rememberPairs(find), priority: (rule) => rule, result: (rule) => results[rule]! };
}

interface BpeOptions {
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
