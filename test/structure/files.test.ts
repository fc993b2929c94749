// Habits of files: a purpose line first, a length that reads in one sitting, names in kebab-case.
import { expect, test } from 'vitest';
import { sources } from './sources.js';

const longest = 300;

test('files open with what they are', () => {
  expect(sources.filter(({ text }) => !/^(?:\/\/|\/\*\*)/.test(text)).map(({ name }) => name)).toEqual([]);
});

test('names are in kebab-case', () => {
  expect(sources.filter(({ name }) => !/^[a-z0-9/.-]+$/.test(name)).map(({ name }) => name)).toEqual([]);
});

test(`files have at most ${longest} lines`, () => {
  const lengths = sources.map(({ name, text }) => ({ name, lines: text.split('\n').length }));
  expect(lengths.filter(({ lines }) => lines > longest).map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
});
