// Every row of the op table, every case, every backend against the float64 reference; canaries around each value.
import { describe, expect, test } from 'vitest';
import { backends, type BackendKey } from '../../src/core/backends/index.js';
import { opNames, opOf } from '../../src/core/ops/index.js';
import { disagreement } from '../support/compare.js';
import { runCase } from '../support/op-case.js';

const roundingOfFloat32 = 1e-11;
const others = (Object.keys(backends) as BackendKey[]).filter((key) => key !== 'reference');

for (const key of others) {
  const backend = backends[key];
  const { text, problem } = backend.describe();
  describe.skipIf(text === undefined)(`${key}${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
    for (const name of opNames) {
      describe(name, () => {
        for (const [index, given] of opOf(name).cases.entries()) {
          test(`case ${index} ${JSON.stringify(given.inputs.map((input) => input && [input.kind, ...input.shape, ...('format' in input ? [input.format] : [])].join(' ')))}`, async () => {
            const expected = await runCase(backends.reference, name, given, { threads: 1 });
            const one = await runCase(backend, name, given, { threads: 1, guard: true });
            const three = await runCase(backend, name, given, { threads: 3, guard: true });
            for (const [output, values] of expected.outputs.entries()) {
              expect(disagreement(one.outputs[output]!, values, given.tolerance ?? roundingOfFloat32)).toBeUndefined();
              expect(three.outputs[output], 'bits must not depend on the number of threads').toEqual(one.outputs[output]);
            }
            expect([one.brokenGuards, three.brokenGuards]).toEqual([0, 0]);
          });
        }
      });
    }
  });
}
