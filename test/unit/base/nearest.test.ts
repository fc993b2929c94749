// The word that was probably meant: near by letters, or begun.
import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/core/base/nearest.js';

test.each([
  ['quantise', ['quantize', 'distill'], 'quantize'],
  ['zzz', ['quantize'], undefined],
  ['docter', ['doctor', 'decoder'], 'doctor'],
  ['htreads', ['threads'], 'threads'],
  ['comp', ['completion', 'compare'], 'completion'],
  ['Q4_k_m', ['Q4_K_M', 'Q6_K'], 'Q4_K_M'],
  ['x'.repeat(300), ['x'.repeat(299)], undefined],
  ['a', [], undefined],
] as const)('%s among %j is %s', (word, words, wanted) => {
  expect(nearest(word, words)).toBe(wanted);
});

test('as a sentence', () => {
  expect(didYouMean('jsn', ['json'], '--')).toBe('Did you mean --json?');
  expect(didYouMean('jsn', ['quiet'])).toBe('');
});
