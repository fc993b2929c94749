// What a decode step of 32 layers costs the JavaScript thread: encoded for Dawn's null backend, which computes nothing.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import type { Checkpoint, Tensor } from '../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, loadModel } from '../../src/core/generate/index.js';
import { familyFixtures } from '../support/family-suite.js';

const layers = 32;
const steps = 20;
const batches = 12;

/** The checkpoint with its own layers over and over. */
function deepened(checkpoint: Checkpoint): Checkpoint {
  const own = Number(checkpoint.config['num_hidden_layers']);
  const tensors = new Map<string, Tensor>(checkpoint.tensors);
  for (const [name, tensor] of checkpoint.tensors) {
    const [, layer, rest] = /^model\.layers\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (rest === undefined) continue;
    for (let copy = Number(layer) + own; copy < layers; copy += own)
      tensors.set(`model.layers.${copy}.${rest}`, { ...tensor, name: `model.layers.${copy}.${rest}` });
  }
  return { ...checkpoint, tensors, config: { ...checkpoint.config, num_hidden_layers: layers } };
}

/** Milliseconds of work that is JavaScript's alone: some 60 on the machine that the promise was measured on. */
function plainWork(): number {
  const versions = { ...process.versions };
  const begin = performance.now();
  for (let round = 0; round < 20_000; round++) JSON.parse(JSON.stringify(versions));
  return performance.now() - begin;
}
const usualWork = 60;

test('a token of 32 layers costs less than 2 ms, at 8 dispatches a layer', async () => {
  const checkpoint = deepened(await openCheckpoint(join(familyFixtures, 'llama')));
  const loaded = await loadModel(checkpoint, createWebGpu({ api: 'null' }), { contextLength: 48, chunk: 16, threads: 1 });
  const { engine } = loaded;
  try {
    await engine.warm();
    const times: number[] = [];
    const works: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const sequences = createSequences(engine);
      const sequence = sequences.open();
      const begin = performance.now();
      for (let step = 0; step < steps; step++) await sequences.step([{ sequence, ids: [step], rows: [0] }]);
      times.push((performance.now() - begin) / steps);
      works.push(plainWork());
    }
    // The best batch: other tests hold the cores. A slower machine has more time.
    const slowness = Math.max(1, Math.min(...works) / usualWork);
    expect(Math.min(...times)).toBeLessThan(2 * slowness);
    expect(engine.dispatches()).toBeLessThanOrEqual(layers * 8 + 6);
    console.log(
      `${engine.dispatches()} dispatches, ${Math.min(...times).toFixed(2)} ms a step on a machine of ${(1 / slowness).toFixed(2)} of the usual speed`,
    );
  } finally {
    await engine.close();
  }
}, 60_000);
