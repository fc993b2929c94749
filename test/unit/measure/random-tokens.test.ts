// Ids that a benchmark runs on: of the vocabulary, whatever the checkpoint says of its beginning mark.
import { expect, test } from 'vitest';
import { randomTokens } from '../../../src/core/measure/throughput.js';

const tokens = (bos: number | undefined): readonly number[] =>
  randomTokens({ model: { h: { vocabulary: 32 }, checkpoint: { generation: { bos, eos: [] } } } } as never, 200, 7);

test('ids stay inside the vocabulary, also where the beginning mark lies outside', () => {
  expect(tokens(3)[0]).toBe(3);
  for (const bos of [undefined, 3, 32, 100_000]) {
    const ids = tokens(bos);
    expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 32)).toBe(true);
    expect(new Set(ids).size).toBeGreaterThan(20);
  }
  expect(tokens(100_000)).toEqual(tokens(undefined));
});
