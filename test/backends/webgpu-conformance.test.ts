// Every row of the op table, every case, as WGSL on a software device, with and without subgroups; canaries around each value.
import { describe, expect, test } from 'vitest';
import { backends } from '../../src/core/backends/index.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { opNames, opOf } from '../../src/core/ops/index.js';
import { disagreement } from '../support/compare.js';
import { runCase } from '../support/op-case.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

/**
 * WGSL's exp and log may be off by 3 + 2|x| units in the last place, a division by 2.5: SwiftShader's are off by 4e-6 relative, whose
 * square is 1.6e-11; four times that.
 */
const roundingOfWgsl = 6.4e-11;

for (const subgroups of [true, false]) {
  describe.skipIf(softGpuProblem !== undefined)(`${subgroups ? 'with' : 'without'} subgroups${softGpuProblem ? ` (${softGpuProblem})` : ''}`, () => {
    const backend = createWebGpu({ name: softGpuName }, { subgroups });
    for (const name of opNames) {
      describe(name, () => {
        for (const [index, given] of opOf(name).cases.entries()) {
          test(`case ${index} ${JSON.stringify(given.inputs.map((input) => input && [input.kind, ...input.shape, ...('format' in input ? [input.format] : [])].join(' ')))}`, async () => {
            const expected = await runCase(backends.reference, name, given, { threads: 1 });
            const { outputs, brokenGuards } = await runCase(backend, name, given, { threads: 1, guard: true });
            const tolerance = given.tolerance === 0 ? 0 : Math.max(given.tolerance ?? 0, roundingOfWgsl);
            for (const [output, values] of expected.outputs.entries()) expect(disagreement(outputs[output]!, values, tolerance)).toBeUndefined();
            expect(brokenGuards).toBe(0);
          });
        }
      });
    }
  });
}
