// Every family on the backends of the CPU, from both of its files.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backends, type BackendKey } from '../../src/core/backends/index.js';
import { familyKeys } from '../../src/core/families/index.js';
import { describeFamilies, familyFixtureNames, familyFixtures, loadFixture } from '../support/family-suite.js';

/** The normalised mean square error that each backend may have, with float32 weights and cache. */
const tolerances: Readonly<Record<BackendKey, number>> = { reference: 1e-9, native: 1e-6 };

test('every family has a fixture', async () => {
  const covered = new Set<string>();
  for (const name of familyFixtureNames) covered.add((await loadFixture(join(familyFixtures, name), backends.reference)).model.key);
  expect([...covered].sort()).toEqual([...familyKeys].sort());
});

for (const key of Object.keys(backends) as BackendKey[]) {
  const { text, problem } = backends[key].describe();
  describe.skipIf(text === undefined)(`${key}${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
    describeFamilies(backends[key], tolerances[key], ['', 'model.gguf']);
  });
}
