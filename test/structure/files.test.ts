// Habits of files: a purpose line first, a length that reads in one sitting, names in kebab-case.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sources } from './sources.js';

const longest = 300;
const widest = 140;

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

test(`lines of the native kernels have at most ${widest} columns`, () => {
  const folder = join(root, 'kernels', 'native');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:cc|h)$/.test(name) && !name.startsWith('include'));
  const wide = files.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .flatMap((line, index) => (line.length > widest ? `${name}:${index + 1}` : [])),
  );
  expect(wide).toEqual([]);
});
