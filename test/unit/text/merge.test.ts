// The merger against the plain way: look over all pairs, merge the best, begin again.
import { expect, test } from 'vitest';
import { mergeRules } from '../../../src/core/text/bpe.js';
import { indexMerges } from '../../../src/core/text/merge-index.js';
import { createMerger, type MergeRules } from '../../../src/core/text/merge.js';
import { createDice } from './support.js';

function mergePlainly(word: readonly number[], rules: MergeRules): number[] {
  const symbols = [...word];
  for (;;) {
    let [best, at] = [Infinity, -1];
    for (let index = 0; index + 1 < symbols.length; index++) {
      const rule = rules.find(symbols[index]!, symbols[index + 1]!);
      if (rule >= 0 && rules.priority(rule) < best) [best, at] = [rules.priority(rule), index];
    }
    if (at < 0) return symbols;
    symbols.splice(at, 2, rules.result(rules.find(symbols[at]!, symbols[at + 1]!)));
  }
}

test('merges as the plain way does, equal priorities included', () => {
  const dice = createDice(6);
  for (let round = 0; round < 400; round++) {
    const size = 2 + dice(6);
    const results = Array.from({ length: size * size }, () => (dice(3) === 0 ? -1 : dice(size)));
    const priorities = results.map(() => dice(4));
    const rules: MergeRules = {
      find: (left, right) => (results[left * size + right]! < 0 ? -1 : left * size + right),
      priority: (rule) => priorities[rule]!,
      result: (rule) => results[rule]!,
    };
    const merge = createMerger(rules);
    for (const length of [0, 1, 2, 5, 17, 100]) {
      const word = Array.from({ length }, () => dice(size));
      expect(merge(word)).toEqual(mergePlainly(word, rules));
    }
  }
});

test('merges are read in both spellings, the first of equal ones counts, and those without pieces have no effect', () => {
  const pieces = ['a', 'b', 'ab', 'ba', ' '];
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  for (const merges of [
    ['a b', 'b a', 'a b', 'a x', 'b b', '', ' ', 'ab'],
    [['a', 'b'], 'b a', ['a', 'b'], ['a', 'x'], ['', '']] as [string, string][],
  ]) {
    const rules = mergeRules(pieces, ids, merges);
    expect([rules.find(0, 1), rules.find(1, 0), rules.find(1, 1), rules.find(0, 0), rules.find(4, 0)]).toEqual([0, 1, -1, -1, -1]);
    expect(rules.result(0)).toBe(2);
  }
});

test('a list of equal merges is no slower than another', () => {
  const merges = Array.from({ length: 300_000 }, (_, place) => (place === 299_999 ? 'b a' : 'a b'));
  const find = indexMerges(merges);
  expect([find('a', 'b'), find('b', 'a'), find('a', 'a')]).toEqual([0, 299_999, -1]);
});
