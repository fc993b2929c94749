// Every buffer is destroyed by its owner: engines come and go, and memory stays where it is.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { createSequences } from '../../src/core/generate/index.js';
import { familyFixtures, loadFixture } from '../support/family-suite.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

const runs = 200;
/** Runs after which pipelines, pools and heaps have their size. */
const settled = 60;
/** A leak of one arena a run would be 140 runs of at least 256 KiB; what the collector and the driver's pools sway is less. */
const most = 24 * 2 ** 20;

test.skipIf(softGpuProblem !== undefined)(
  `${runs} engines leave no memory behind${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`,
  async () => {
    const backend = createWebGpu({ name: softGpuName });
    let before = 0;
    for (let run = 1; run <= runs; run++) {
      const { engine } = await loadFixture(join(familyFixtures, 'llama'), backend);
      const sequences = createSequences(engine);
      const sequence = sequences.open();
      await sequences.step([{ sequence, ids: [1, 2, 3], rows: [2] }]);
      await sequences.largest(0, 4);
      await engine.close();
      if (run === settled) before = process.memoryUsage.rss();
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(most);
  },
  180_000,
);
