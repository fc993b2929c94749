// Where a compiler is, the native backend must be there too: suites that pass over it would hide a build that failed.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { backends } from '../../src/core/backends/index.js';

const isOff = process.env['LLMX_NATIVE'] === 'off';
const compiler = ['g++', 'clang++', 'c++'].find((program) => spawnSync(program, ['--version']).status === 0);
const why = isOff ? ' (skipped: LLMX_NATIVE is off)' : compiler === undefined ? ' (skipped: no C++ compiler here)' : '';

test.skipIf(why !== '')(`a machine with a compiler has the native backend${why}`, () => {
  const { text, problem } = backends.native.describe();
  expect(problem).toBeUndefined();
  expect(text).toMatch(/^native \(/);
});
