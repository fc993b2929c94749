// Every row of the op table, every case, every backend against the float64 reference; canaries around each value. The bits of an op's
// results, and of a whole model's, must not depend on the number of threads.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import { backends, type BackendKey } from '../../src/core/backends/index.js';
import { packageRoot } from '../../src/core/base/package-root.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, loadModel } from '../../src/core/generate/index.js';
import { argmax } from '../../src/core/generate/samplers/index.js';
import { isRunBy } from '../../src/core/graph/fusions/index.js';
import { opNames, opOf } from '../../src/core/ops/index.js';
import { disagreement } from '../support/compare.js';
import { runCase } from '../support/op-case.js';

const roundingOfFloat32 = 1e-11;
const severalThreads = [2, 3, 4];
const sameBits = (left: Float32Array, right: Float32Array): boolean =>
  Buffer.from(left.buffer, left.byteOffset, left.byteLength).equals(Buffer.from(right.buffer, right.byteOffset, right.byteLength));

const others = (Object.keys(backends) as BackendKey[]).filter((key) => key !== 'reference');

for (const key of others) {
  const backend = backends[key];
  const { text, problem } = backend.describe();
  describe.skipIf(text === undefined)(`${key}${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
    for (const name of opNames) {
      const runs = isRunBy(name, backend.fusions);
      describe.skipIf(!runs)(`${name}${runs ? '' : ` (skipped: ${key} asks for no such fusion)`}`, () => {
        for (const [index, given] of opOf(name).cases.entries()) {
          test(`case ${index} ${JSON.stringify(given.inputs.map((input) => input && [input.kind, ...input.shape, ...('format' in input ? [input.format] : [])].join(' ')))}`, async () => {
            const expected = await runCase(backends.reference, name, given, { threads: 1 });
            const one = await runCase(backend, name, given, { threads: 1, guard: true });
            for (const [output, values] of expected.outputs.entries()) {
              expect(disagreement(one.outputs[output]!, values, given.tolerance ?? roundingOfFloat32)).toBeUndefined();
            }
            expect(one.brokenGuards).toBe(0);
            for (const threads of severalThreads) {
              const several = await runCase(backend, name, given, { threads, guard: true });
              for (const [output, values] of several.outputs.entries())
                expect(sameBits(values, one.outputs[output]!), `${threads} threads`).toBe(true);
              expect(several.brokenGuards).toBe(0);
            }
          });
        }
      });
    }
    for (const file of ['f16', 'storyteller-q8_0.gguf']) {
      test(`a prompt and greedy tokens of the storyteller, ${file}`, async () => {
        const path = join(packageRoot(), 'fixtures', 'storyteller', file);
        const one = await logitsOf(backend, path, 1);
        for (const threads of severalThreads) {
          for (const [step, logits] of (await logitsOf(backend, path, threads)).entries()) {
            expect(sameBits(logits, one[step]!), `${threads} threads, step ${step}`).toBe(true);
          }
        }
      });
    }
  });
}

/** The logits of each of some steps: a prompt in chunks of 40, then greedy tokens far enough that attention is split over key ranges. */
async function logitsOf(backend: Backend, path: string, threads: number): Promise<readonly Float32Array[]> {
  const { engine, model } = await loadModel(await openCheckpoint(path), backend, {
    contextLength: 320,
    chunk: 40,
    rows: 1,
    cacheFormat: 'f16',
    threads,
  });
  const sequences = createSequences(engine);
  const sequence = sequences.open();
  const steps: Float32Array[] = [];
  const step = async (ids: readonly number[]): Promise<number> => {
    await sequences.step([{ sequence, ids, rows: [ids.length - 1] }]);
    const logits = new Float32Array(model.h.vocabulary);
    await sequences.logits(0, logits);
    steps.push(logits);
    return argmax(logits);
  };
  let next = 0;
  for (let begin = 0; begin < 280; begin += 40) next = await step(Array.from({ length: 40 }, (_, index) => (7 * (begin + index) + 3) % 4096));
  for (let made = 0; made < 20; made++) next = await step([next]);
  await engine.close();
  return steps;
}
