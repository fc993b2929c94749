// Every row of the table of pre-tokenizers: it loses nothing and is quick on long runs; and how known rows cut a text.
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { trustedMatcher, type Matcher } from '../../../src/core/text/matcher.js';
import { parsePattern } from '../../../src/core/text/pattern.js';
import { createSplitter, findPreTokenizer, preTokenizers, type PreTokenizer } from '../../../src/core/text/pre-tokenizers.js';
import { groupThrees, isolate, type Splitter } from '../../../src/core/text/splitter.js';
import { createDice, fuzzText, wellFormed } from './support.js';

const trusted = (pattern: string): Matcher => trustedMatcher(parsePattern(pattern));
const cut = (splitter: Splitter, text: string): string[] => {
  const words: string[] = [];
  splitter(text, (word) => words.push(word));
  return words;
};

/** Names that share a row are tested together. */
const rows = [...new Set<PreTokenizer>(Object.values(preTokenizers))].map((row) => ({
  row,
  names: Object.entries(preTokenizers)
    .flatMap(([name, other]) => (other === row ? [name] : []))
    .join(' '),
}));

describe.each(rows)('$names', ({ row }) => {
  const splitter = createSplitter(row);

  test('words are the text again', () => {
    const dice = createDice(3);
    for (let round = 0; round < 100; round++) {
      const text = wellFormed(fuzzText(dice, 1 + dice(20)));
      const words = cut(splitter, text);
      expect(words.join('')).toBe(text);
      expect(words).not.toContain('');
    }
  });

  test('long runs take no quadratic time and no deep stack', () => {
    for (const unit of ['a', 'A', ' ', '\n', '1', '!', '\u4e2d', '\u{1d49c}', 'a ', '1a']) {
      const text = `${unit.repeat(100_000)}x`;
      expect(cut(splitter, text).join('') === text, JSON.stringify(unit)).toBe(true);
    }
  }, 60_000);
});

const sample = "He's IT'S  12345 x1,\n\n  caf\u00e9 $5+\u4e2d\u6587!";
const splits: readonly (readonly [keyof typeof preTokenizers, readonly string[]])[] = [
  ['gpt-2', ['He', "'s", ' IT', "'", 'S', ' ', ' 12345', ' x', '1', ',', '\n\n ', ' caf\u00e9', ' $', '5', '+', '\u4e2d\u6587', '!']],
  ['llama-bpe', ['He', "'s", ' IT', "'S", ' ', ' ', '123', '45', ' x', '1', ',\n\n', ' ', ' caf\u00e9', ' $', '5', '+\u4e2d\u6587', '!']],
  ['qwen2', ['He', "'s", ' IT', "'S", ' ', ' ', '1', '2', '3', '4', '5', ' x', '1', ',\n\n', ' ', ' caf\u00e9', ' $', '5', '+\u4e2d\u6587', '!']],
  [
    'smollm',
    ['He', "'s", ' IT', "'", 'S', '  ', '1', '2', '3', '4', '5', ' x', '1', ',', '\n\n ', ' caf\u00e9', ' $', '5', '+', '\u4e2d\u6587', '!'],
  ],
  ['gpt-4o', ["He's", " IT'S", ' ', ' ', '123', '45', ' x', '1', ',\n\n', ' ', ' caf\u00e9', ' $', '5', '+\u4e2d\u6587', '!']],
];

test.each(splits)('%s cuts as its models do', (name, words) => {
  const found = cut(createSplitter(preTokenizers[name]), sample);
  expect(found).toEqual(words);
});

test.each(['', 'llama-4', 'toString', '__proto__'])('the name %j is refused', (name) => {
  expect(() => findPreTokenizer(name)).toThrow(LlmxError);
  expect(() => findPreTokenizer(name)).toThrow(JSON.stringify(name));
});

test('threes are counted from the right', () => {
  const splitter = groupThrees(trusted('[0-9]+'));
  expect(cut(splitter, 'a1234567b12c123')).toEqual(['a', '1', '234', '567', 'b', '12', 'c', '123']);
});

test('a text longer than the window is cut as a short one is', () => {
  const splitter = isolate(trusted("'s| ?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"));
  const line = 'It was \u{1f600} 1234 and more,\n\n  then some\n';
  const expected = cut(splitter, line.repeat(10));
  expect(cut(splitter, line.repeat(30_000)).slice(0, expected.length - 1)).toEqual(expected.slice(0, -1));
  expect(cut(splitter, line.repeat(30_000)).length).toBe((expected.length / 10) * 30_000);
});
