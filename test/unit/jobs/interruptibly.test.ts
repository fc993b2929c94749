// A pattern that never ends is ended by SIGINT, although JavaScript hears nothing meanwhile.
import { expect, test } from 'vitest';
import { interruptibly } from '../../../src/core/jobs/interruptibly.js';

test('gives the value, throws what the work throws', () => {
  const value = { a: 1 };
  expect(interruptibly(() => value)).toBe(value);
  expect(() =>
    interruptibly(() => {
      throw new RangeError('no');
    }),
  ).toThrow(RangeError);
});
