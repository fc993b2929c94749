// A model cut at any of its layers, each part on a backend of its own, gives the logits of the whole.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import { backends } from '../../src/core/backends/index.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import type { Checkpoint } from '../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { understand } from '../../src/core/families/model.js';
import { createSequences, loadModel, type LoadedModel } from '../../src/core/generate/index.js';
import { disagreement } from '../support/compare.js';
import { familyFixtureNames, familyFixtures } from '../support/family-suite.js';
import { readGolden, type Golden } from '../support/golden.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

const options = { contextLength: 48, sequences: 2, chunk: 24, rows: 24, cacheFormat: 'f32', threads: 1 } as const;
/** Of the native backend, whose float32 the cut must not widen. */
const tolerance = 1e-6;

async function logits(loaded: LoadedModel, ids: readonly number[], chunk: number): Promise<Float32Array> {
  const { vocabulary } = loaded.model.h;
  const sequences = createSequences(loaded.engine);
  const sequence = sequences.open();
  const all = new Float32Array(ids.length * vocabulary);
  for (let begin = 0; begin < ids.length; begin += chunk) {
    const part = ids.slice(begin, begin + chunk);
    await sequences.step([{ sequence, ids: part, rows: [...part.keys()] }]);
    for (const row of part.keys()) await sequences.logits(row, all.subarray((begin + row) * vocabulary, (begin + row + 1) * vocabulary));
  }
  sequences.close(sequence);
  return all;
}

const native = backends.native.describe().text === undefined ? backends.reference : backends.native;

/** The last `layers` on `backend`, the others on the processor. */
async function compare(checkpoint: Checkpoint, golden: Golden, backend: Backend, layers: number): Promise<void> {
  const loaded = await loadModel(checkpoint, backend, { ...options, rest: { backend: native, layers } });
  try {
    for (const chunk of [24, 5]) {
      const actual = await logits(loaded, golden.ids[0]!, chunk);
      expect(disagreement(actual, golden.logits[0]!, tolerance), `${layers} layers, chunks of ${chunk}`).toBeUndefined();
    }
  } finally {
    await loaded.engine.close();
  }
}

for (const name of familyFixtureNames) {
  describe(name, () => {
    test('every cut, in one shot and in chunks', async () => {
      const folder = join(familyFixtures, name);
      const checkpoint = await openCheckpoint(folder);
      const golden = await readGolden(folder);
      const { h } = await understand(checkpoint);
      for (let layers = 1; layers < h.layers; layers++) await compare(checkpoint, golden, backends.reference, layers);
    });

    test.skipIf(softGpuProblem !== undefined)(
      `the last layer on SwiftShader${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`,
      async () => {
        const folder = join(familyFixtures, name);
        await compare(await openCheckpoint(folder), await readGolden(folder), createWebGpu({ name: softGpuName }), 1);
      },
    );
  });
}
