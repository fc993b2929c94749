// Numbers as people write them.
import { expect, test } from 'vitest';
import { bytesText, readBytes, readInteger, readIntegers, readNumber } from '../../../src/commands/shell/quantity.js';

test.each([
  ['8k', 8192],
  ['8K', 8192],
  ['0.5k', 512],
  ['-1', -1],
  ['1_000', 1000],
  ['2m', 2 ** 21],
  ['1e3', 1000],
  ['', undefined],
  ['8kb', undefined],
  ['1.5', undefined],
  ['0x10', undefined],
  ['Infinity', undefined],
] as const)('integer %s', (text, value) => expect(readInteger(text)).toBe(value));

test.each([
  ['4G', 4e9],
  ['4GB', 4e9],
  ['4GiB', 2 ** 32],
  ['1.5m', 1.5e6],
  ['512', 512],
  ['512B', 512],
  ['5iB', undefined],
  ['-1', undefined],
  ['G', undefined],
] as const)('bytes %s', (text, value) => expect(readBytes(text)).toBe(value));

test.each([
  ['-0.5', -0.5],
  ['.5', 0.5],
  ['1e-5', 1e-5],
  ['5.', 5],
  ['', undefined],
  ['.', undefined],
  ['1,5', undefined],
  ['NaN', undefined],
] as const)('number %s', (text, value) => expect(readNumber(text)).toBe(value));

test.each([
  ['128,256', [128, 256]],
  ['1-4', [1, 2, 3, 4]],
  ['1-8*2', [1, 2, 4, 8]],
  ['1-8+3', [1, 4, 7]],
  ['0,8-9', [0, 8, 9]],
  ['0-8*2', undefined],
  ['1-8*1', undefined],
  ['a', undefined],
  ['', undefined],
] as const)('integers %s', (text, values) => expect(readIntegers(text)).toEqual(values));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1100000000, '1.1 GB'],
  [723869, '724 kB'],
  [15_200_000, '15.2 MB'],
] as const)('text of %i bytes', (bytes, text) => expect(bytesText(bytes)).toBe(text));
