// Who may import whom: a room imports from itself and from the rooms above it in this list, types included.
import { expect, test } from 'vitest';
import { sources, withoutComments } from './sources.js';

const rooms = [
  'core/base',
  'core/numbers',
  'core/ops',
  'core/graph',
  'core/text',
  'core/checkpoints',
  'core/blocks',
  'core/families',
  'core/backends',
  'core/generate',
  'core/measure',
  'core/train',
  'core/jobs',
  'commands/shell',
  'commands',
];

/** The place of a file's room; the longest name that fits. */
const roomOf = (file: string): number =>
  rooms.indexOf(rooms.filter((room) => file.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0] ?? '');

test('every file lies in a room', () => {
  expect(sources.filter(({ name }) => roomOf(name) < 0).map(({ name }) => name)).toEqual([]);
});

test('rooms import downward only', () => {
  const wrong = sources.flatMap(({ name, imports }) =>
    imports.filter((target) => roomOf(target) > roomOf(name)).map((target) => `${name} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('what is imported exists', () => {
  const names = new Set(sources.map(({ name }) => name));
  expect(sources.flatMap(({ name, imports }) => imports.filter((target) => !names.has(target)).map((target) => `${name} imports ${target}`))).toEqual(
    [],
  );
});

test('core never prints, exits or reads the command line', () => {
  const wrong = sources
    .filter(({ name }) => name.startsWith('core/'))
    .flatMap(({ name, text }) =>
      [...withoutComments(text).matchAll(/\bconsole\.\w+|\bprocess\.(?:exit|argv|exitCode|stdout|stderr|stdin)\b/g)].map(
        ([found]) => `${name}: ${found}`,
      ),
    );
  expect(wrong).toEqual([]);
});

/** Rooms that could run anywhere: no files, processes or threads. */
const pure = ['core/numbers', 'core/ops', 'core/graph', 'core/blocks'];

test('pure rooms import nothing of Node', () => {
  const wrong = sources
    .filter(({ name }) => pure.some((room) => name.startsWith(`${room}/`)))
    .flatMap(({ name, packages }) => packages.map((each) => `${name} imports ${each}`));
  expect(wrong).toEqual([]);
});

test('no import cycles between files', () => {
  const graph = new Map(sources.map(({ name, imports, text }) => [name, imports.filter((target) => staticImport(text, target))]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      cycles.push([...path.slice(path.indexOf(name)), name].join(' > '));
      return;
    }
    if (done.has(name)) return;
    for (const target of graph.get(name) ?? []) visit(target, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  expect(cycles).toEqual([]);
});

/** True where at least one import of the target brings a value at load time. */
function staticImport(text: string, target: string): boolean {
  const stem = target
    .split('/')
    .at(-1)!
    .replace(/\.tsx?$/, '.js');
  return text
    .split(';')
    .some(
      (statement) =>
        new RegExp(`from '[^']*${stem.replaceAll('.', '\\.')}'\\s*$`).test(statement) &&
        !/^\s*(?:\/\/[^\n]*\n|\s)*(?:import|export) type\b/.test(statement),
    );
}
