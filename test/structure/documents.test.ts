// The pages of docs/ are what the tables say, and the tables of flags do not contradict themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pages } from '../../scripts/pages.js';
import { exitCodes } from '../../src/core/base/error.js';
import { commands } from '../../src/commands/index.js';
import { loadAll } from '../../src/commands/shell/all-flags.js';
import { exitMeanings } from '../../src/commands/shell/exits.js';
import type { Flag } from '../../src/commands/shell/flag.js';
import { longName } from '../../src/commands/shell/flag.js';
import { globalFlags } from '../../src/commands/shell/flags/global.js';
import { rootHelp } from '../../src/commands/shell/root-help.js';
import { topics } from '../../src/commands/topics/index.js';
import { root } from './sources.js';

const loaded = await loadAll(commands);

test.each(Object.entries(pages))('docs/%s is fresh', async (name, make) => {
  expect(readFileSync(join(root, 'docs', name), 'utf8') === (await make()), 'run npm run docs').toBe(true);
});

test('the help of llmx names every topic', () => {
  for (const name of Object.keys(topics)) expect(rootHelp(commands)).toContain(name);
});

test.each(loaded.map(({ name, command }) => [name, command] as const))(
  'flags of %s: each spelling once, each option of a letter has a long name',
  (_, { flags }) => {
    const all: readonly (readonly [string, Flag])[] = Object.entries<Flag>({ ...flags, ...globalFlags });
    const spellings = all.flatMap(([key, flag]) => [
      ...(flag.short === undefined ? [] : [`-${flag.short}`]),
      ...(flag.single ?? []).map((each) => `-${each}`),
      ...[longName(key, flag), ...(flag.aliases ?? [])].map((each) => `--${each}`),
    ]);
    expect(spellings.filter((each, index) => spellings.indexOf(each) !== index)).toEqual([]);
    expect(all.filter(([, { short }]) => short !== undefined && short.length !== 1)).toEqual([]);
    for (const [key, flag] of all)
      for (const other of flag.conflicts ?? [])
        expect(
          all.map(([name]) => name),
          `${key} conflicts with ${other}`,
        ).toContain(other);
  },
);

test.each(loaded.map(({ name, command }) => [name, command] as const))('exit statuses of %s are in the table', (_, { exits }) => {
  expect(exits.filter((status) => exitMeanings[status] === undefined)).toEqual([]);
});

test('every exit status of an error has a meaning', () => {
  expect(Object.values(exitCodes).filter((status) => exitMeanings[status] === undefined)).toEqual([]);
});
