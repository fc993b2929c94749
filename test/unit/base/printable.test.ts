// What must not reach a terminal becomes an escape; all else stays as it is.
import { expect, test } from 'vitest';
import { printable } from '../../../src/core/base/printable.js';

test.each([
  ['plain text, ümläuts, 漢字, 🙂', 'plain text, ümläuts, 漢字, 🙂'],
  ['\u001b[2J\u0007', '\\u001b[2J\\u0007'],
  ['\u009b31m\u007f\u0000', '\\u009b31m\\u007f\\u0000'],
  ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
  ['\u202eevil\u202c \u2066x\u2069 \u2028\u2029', '\\u202eevil\\u202c \\u2066x\\u2069 \\u2028\\u2029'],
])('%j', (text, wanted) => {
  expect(printable(text)).toBe(wanted);
});

test('what is meant stays', () => {
  expect(printable('a\nb\t\u001b', '\n\t')).toBe('a\nb\t\\u001b');
});

test('JSON stays the same value', () => {
  const value = { name: 'x\u009b\u202e\u007f\n"' };
  const text = printable(JSON.stringify(value, null, 2), '\n');
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/[\u007f-\u009f\u202e]/);
});
