// Known answers of Philox 4x32-10 are those that its authors publish with Random123 (kat_vectors).
import { expect, test } from 'vitest';
import { normal, philox, uniform } from '../../../src/core/base/random.js';

const all = 0xffffffff;
test.each([
  [
    [0, 0],
    [0, 0, 0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [all, all],
    [all, all, all, all],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0xa4093822, 0x299f31d0],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
] as const)('philox key %j counter %j', (key, counter, expected) => {
  expect(philox(key, counter)).toEqual([...expected]);
});

test('uniforms fill [0, 1) evenly', () => {
  const bins = new Array<number>(10).fill(0);
  for (let counter = 0; counter < 10000; counter++) bins[Math.floor(uniform(7, 0, counter) * 10)]!++;
  // Chi squared with 9 degrees of freedom stays under 27.9 with probability 0.999.
  expect(bins.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0)).toBeLessThan(27.9);
});

test('normals have mean 0 and variance 1', () => {
  const draws = Array.from({ length: 10000 }, (_, counter) => normal(3, 1, counter));
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.04);
  expect(Math.abs(draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length - 1)).toBeLessThan(0.06);
});
