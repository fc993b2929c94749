// A prompt that is longer than the context: what is dropped, what stays, and that there is room for an answer.
import { expect, test } from 'vitest';
import { fitPrompt, overflows } from '../../../src/core/jobs/overflow.js';

const ids = (length: number): number[] => Array.from({ length }, (_, index) => index);

test.each(overflows)('%s leaves alone what fits', (how) => {
  for (const length of [0, 1, 64]) expect(fitPrompt(ids(length), 64, how, 1, 8)).toEqual({ ids: ids(length), dropped: 0 });
});

test('error leaves the prompt as it is: the session says by how much it is too long', () => {
  expect(fitPrompt(ids(100), 64, 'error', 1, 8)).toEqual({ ids: ids(100), dropped: 0 });
});

test('truncate-start keeps the beginning mark and the end', () => {
  const { ids: kept, dropped } = fitPrompt(ids(100), 64, 'truncate-start', 1, 8);
  expect(kept).toEqual([0, ...ids(100).slice(1 + dropped)]);
  expect({ length: kept.length, dropped }).toEqual({ length: 64 - 8, dropped: 100 - 56 });
});

test('truncate-middle keeps half from the beginning and half from the end', () => {
  const { ids: kept, dropped } = fitPrompt(ids(100), 64, 'truncate-middle', 1, 8);
  expect(kept).toEqual([...ids(28), ...ids(100).slice(72)]);
  expect(dropped).toBe(44);
});

test('the answer gets its length, but no more than a quarter, and at least one token', () => {
  const length = (reserve: number): number => fitPrompt(ids(100), 64, 'truncate-start', 0, reserve).ids.length;
  expect([4, 1000, -1, 0].map(length)).toEqual([60, 48, 48, 63]);
});

test('whatever the sizes: what is kept fits, in order, and counts', () => {
  for (const how of ['truncate-start', 'truncate-middle'] as const)
    for (let context = 2; context < 12; context++)
      for (const keep of [0, 1])
        for (const length of [context + 1, 3 * context]) {
          const { ids: kept, dropped } = fitPrompt(ids(length), context, how, keep, 3);
          expect(kept.length + dropped).toBe(length);
          expect(kept.length).toBeLessThanOrEqual(context);
          expect(kept).toEqual([...new Set(kept)].sort((left, right) => left - right));
          expect(kept.slice(0, keep)).toEqual(ids(keep));
          expect(kept.at(-1)).toBe(length - 1);
        }
});
