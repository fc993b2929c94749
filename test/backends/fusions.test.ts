// Every fusion gives what the ops give that it stands for, over all families; and a dense layer is few dispatches.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import { backends } from '../../src/core/backends/index.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { createSequences, type LoadedModel } from '../../src/core/generate/index.js';
import { fusionNames, type FusionName } from '../../src/core/graph/fusions/index.js';
import { disagreement } from '../support/compare.js';
import { familyFixtureNames, familyFixtures, loadFixture } from '../support/family-suite.js';
import { readGolden } from '../support/golden.js';
import { prepareSoftGpu, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

const { reference } = backends;
const tolerance = 1e-12;
/** Embedding, chosen rows, last norm and head. */
const outsideOfLayers = 4;
const mostInALayer = 8;
const dense = familyFixtureNames.filter((name) => /^(?:llama|qwen3)/.test(name));

const withFusions = (backend: Backend, fusions: readonly FusionName[]): Backend => ({ ...backend, fusions });
const opsOf = ({ engine }: LoadedModel): readonly string[] => engine.program.instructions.map(({ op }) => op);

/** Logits of a prompt in two steps and of a token after it. */
async function logitsOf({ model, engine }: LoadedModel, ids: readonly number[]): Promise<Float32Array> {
  const sequences = createSequences(engine);
  const sequence = sequences.open();
  const { vocabulary } = model.h;
  const all = new Float32Array(3 * vocabulary);
  for (const [step, part] of [ids.slice(0, 9), ids.slice(9, 12), ids.slice(12, 13)].entries()) {
    await sequences.step([{ sequence, ids: part, rows: [part.length - 1] }]);
    await sequences.logits(0, all.subarray(step * vocabulary, (step + 1) * vocabulary));
  }
  sequences.close(sequence);
  return all;
}

const matched = new Set<string>();

describe.each(familyFixtureNames)('%s', (name) => {
  for (const form of ['', 'model.gguf']) {
    test(form === '' ? 'folder' : form, async () => {
      const path = join(familyFixtures, name, form);
      const { ids } = await readGolden(join(familyFixtures, name));
      const load = (fusions: readonly FusionName[]): Promise<LoadedModel> => loadFixture(path, withFusions(reference, fusions));
      const plain = await load([]);
      expect(opsOf(plain).filter((op) => (fusionNames as readonly string[]).includes(op))).toEqual([]);
      const expected = await logitsOf(plain, ids[0]!);
      for (const fusions of [...fusionNames.map((each) => [each]), fusionNames]) {
        const fused = await load(fusions);
        for (const op of opsOf(fused)) if ((fusions as readonly string[]).includes(op)) matched.add(op);
        expect(disagreement(await logitsOf(fused, ids[0]!), expected, tolerance), fusions.join()).toBeUndefined();
        await fused.engine.close();
      }
      await plain.engine.close();
    });
  }
});

test('every row of the table is matched by some family', () => {
  expect([...matched].sort()).toEqual([...fusionNames].sort());
});

test.each(dense)(`%s: at most ${mostInALayer} instructions a layer`, async (name) => {
  const { model, engine } = await loadFixture(join(familyFixtures, name), reference);
  expect((engine.program.instructions.length - outsideOfLayers) / model.h.layers).toBeLessThanOrEqual(mostInALayer);
  await engine.close();
});

describe.skipIf(softGpuProblem !== undefined)(`SwiftShader${softGpuProblem ? ` (skipped: ${softGpuProblem})` : ''}`, () => {
  test.each(dense)(`%s: at most ${mostInALayer} dispatches a layer for a token`, async (name) => {
    const { model, engine } = await loadFixture(join(familyFixtures, name), createWebGpu({ name: 'SwiftShader' }));
    const sequences = createSequences(engine);
    await sequences.step([{ sequence: sequences.open(), ids: [1], rows: [0] }]);
    expect((engine.dispatches() - outsideOfLayers) / model.h.layers).toBeLessThanOrEqual(mostInALayer);
    await engine.close();
  });
});
