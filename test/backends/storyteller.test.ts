// The bundled model against what an independent implementation computed from the same weights: loss on held-out stories, tokens, greedy text.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backends, type BackendKey } from '../../src/core/backends/index.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, defaultSampling, generate, loadModel } from '../../src/core/generate/index.js';
import { sortedCandidates } from '../../src/core/generate/samplers/sorted.js';
import { createTokenizer } from '../../src/core/text/index.js';
import type { Tokenizer } from '../../src/core/text/tokenizer.js';
import { likelihood } from '../support/likelihood.js';

const root = join(import.meta.dirname, '../../fixtures/storyteller');
interface Expected {
  readonly greedy: readonly {
    readonly prompt: string;
    readonly promptIds: readonly number[];
    readonly continuationIds: readonly number[];
    readonly topLogits: readonly (readonly [id: number, logit: number])[];
  }[];
  readonly heldout: { readonly meanNll: number; readonly meanNllQ8_0Weights: number; readonly predictedTokens: number };
}
const expected = JSON.parse(await readFile(join(root, 'expected.json'), 'utf8')) as Expected;
const stories = (await readFile(join(root, 'heldout.txt'), 'utf8')).replace(/\n$/, '').split('\n----\n');

/** How many held-out stories a backend gets through in a test's time; the golden mean is over all of them. */
const openFolder = async (backend: BackendKey, path = 'f16') => {
  const checkpoint = await openCheckpoint(join(root, path));
  const tokenizer = await createTokenizer(checkpoint.tokenizer!);
  const loaded = await loadModel(checkpoint, backends[backend], { contextLength: 512, chunk: 128, rows: 128, cacheFormat: 'f32', threads: 2 });
  return { checkpoint, tokenizer, loaded };
};
const storyIds = (tokenizer: Tokenizer, eos: number): number[][] => stories.map((story) => [...tokenizer.encode(story), eos].slice(0, 512));

const { text: nativeText, problem: nativeProblem } = backends.native.describe();

describe.skipIf(nativeText === undefined)(`native${nativeProblem === undefined ? '' : ` (skipped: ${nativeProblem})`}`, () => {
  // Ten times what the instruction sets were seen to differ from the golden means (7e-7, 5e-5).
  for (const [path, golden, tolerance, why] of [
    ['f16', expected.heldout.meanNll, 1e-5, 'activations of 16 bits'],
    ['storyteller-q8_0.gguf', expected.heldout.meanNllQ8_0Weights, 5e-4, 'activations of 8 bits'],
  ] as const) {
    test(`${path}: loss on held-out stories within ${tolerance} nats (${why})`, async () => {
      const { checkpoint, tokenizer, loaded } = await openFolder('native', path);
      const { nats, predictions } = await likelihood(loaded, storyIds(tokenizer, checkpoint.generation.eos[0]!));
      await loaded.engine.close();
      expect(predictions).toBe(expected.heldout.predictedTokens);
      expect(Math.abs(nats / predictions - golden)).toBeLessThan(tolerance);
    });
  }
});

test('reference and native give the same loss on one story', async () => {
  const loss = async (backend: BackendKey): Promise<number> => {
    const { checkpoint, tokenizer, loaded } = await openFolder(backend);
    const { nats, predictions } = await likelihood(
      loaded,
      storyIds(tokenizer, checkpoint.generation.eos[0]!)
        .slice(0, 1)
        .map((ids) => ids.slice(0, 100)),
    );
    await loaded.engine.close();
    return nats / predictions;
  };
  const exact = await loss('reference');
  if (backends.native.describe().text !== undefined) expect(Math.abs((await loss('native')) - exact)).toBeLessThan(1e-3);
  expect(exact).toBeGreaterThan(0);
}, 60_000);

/** F16 weights meet activations of 16 bits: logits of about 20 to three decimals. */
const logitTolerance = 0.02;

for (const { prompt, promptIds, continuationIds, topLogits } of expected.greedy) {
  test(`largest logits: ${JSON.stringify(prompt)}`, async () => {
    const { loaded } = await openFolder(backends.native.describe().text === undefined ? 'reference' : 'native');
    const sequences = createSequences(loaded.engine);
    await sequences.step([{ sequence: sequences.open(), ids: promptIds, rows: [promptIds.length - 1] }]);
    const logits = new Float32Array(loaded.model.h.vocabulary);
    await sequences.logits(0, logits);
    await loaded.engine.close();
    const best = sortedCandidates(logits, topLogits.length);
    expect([...best.ids]).toEqual(topLogits.map(([id]) => id));
    for (const [rank, [, logit]] of topLogits.entries()) expect(Math.abs(best.logits[rank]! - logit)).toBeLessThan(logitTolerance);
  }, 60_000);

  test(`greedy: ${JSON.stringify(prompt)}`, async () => {
    const { tokenizer, loaded } = await openFolder(backends.native.describe().text === undefined ? 'reference' : 'native');
    expect(tokenizer.encode(prompt)).toEqual(promptIds);
    const sequences = createSequences(loaded.engine);
    const generation = generate(loaded, tokenizer, sequences, sequences.open(), promptIds, {
      maxTokens: continuationIds.length,
      sampling: { ...defaultSampling, temperature: 0 },
      eos: [],
      stop: [],
    });
    let step = await generation.next();
    while (!step.done) step = await generation.next();
    await loaded.engine.close();
    expect(step.value.ids).toEqual(continuationIds);
  }, 60_000);
}
