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

test('a token of 32 layers costs less than 2 ms, at 8 dispatches a layer', async () => {
  const checkpoint = deepened(await openCheckpoint(join(familyFixtures, 'llama')));
  const loaded = await loadModel(checkpoint, createWebGpu({ api: 'null' }), { contextLength: 48, chunk: 16, threads: 1 });
  const { engine } = loaded;
  try {
    await engine.warm();
    const times: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const sequences = createSequences(engine);
      const sequence = sequences.open();
      const begin = performance.now();
      for (let step = 0; step < steps; step++) await sequences.step([{ sequence, ids: [step], rows: [0] }]);
      times.push((performance.now() - begin) / steps);
    }
    // The best batch: other tests hold the cores.
    expect(Math.min(...times)).toBeLessThan(2);
    expect(engine.dispatches()).toBeLessThanOrEqual(layers * 8 + 6);
    console.log(`${engine.dispatches()} dispatches, ${Math.min(...times).toFixed(2)} ms a step`);
  } finally {
    await engine.close();
  }
}, 60_000);
