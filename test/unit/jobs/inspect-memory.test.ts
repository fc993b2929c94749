// The memory that inspect promises is the memory that an engine takes.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { native } from '../../../src/core/backends/native/index.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { understand } from '../../../src/core/families/model.js';
import { loadModel } from '../../../src/core/generate/index.js';
import { memoryNeed } from '../../../src/core/jobs/inspect-memory.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));
const models = ['storyteller/storyteller-q8_0.gguf', 'families/llama', 'families/mamba', 'families/mixtral', 'families/gpt2'];

const { text: nativeText, problem: nativeProblem } = native.describe();

describe.skipIf(nativeText === undefined)(`memory${nativeProblem === undefined ? '' : ` (skipped: ${nativeProblem})`}`, () => {
  test.each(models)('%s', async (name) => {
    const checkpoint = await openCheckpoint(fixture(name));
    const options = { contextLength: 64, chunk: 16, cacheFormat: 'f16' } as const;
    const need = memoryNeed(await understand(checkpoint), native, options);
    const { engine } = await loadModel(checkpoint, native, { ...options, threads: 1 });
    await engine.warm();
    const taken = engine.memory();
    await engine.close();
    const near = (planned: number, real: number, slack: number): void =>
      expect(Math.abs(planned - real), `${planned} planned, ${real} taken`).toBeLessThanOrEqual(slack);
    near(need.cache_bytes, taken.state, 4096 + need.cache_bytes * 0.05);
    near(need.packed_bytes, taken.packed, 4096 + need.packed_bytes * 0.05);
    near(need.constants_bytes, taken.constants, 65536);
    expect(taken.arena).toBeGreaterThanOrEqual(need.arena_bytes);
  });
});
