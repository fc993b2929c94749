// Weights that one buffer does not hold: the same op cases, families and text as from whole ones.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backends } from '../../src/core/backends/index.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { piecesOf } from '../../src/core/backends/webgpu/pieces.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, defaultSampling, generate, loadModel, type LoadedModel } from '../../src/core/generate/index.js';
import { leavesOf } from '../../src/core/graph/program.js';
import { opNames, opOf } from '../../src/core/ops/index.js';
import { createTokenizer } from '../../src/core/text/index.js';
import { disagreement } from '../support/compare.js';
import { familyFixtures, loadFixture } from '../support/family-suite.js';
import { readGolden } from '../support/golden.js';
import { runCase } from '../support/op-case.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

const name = softGpuName;
/** exp, log and divisions of WGSL: see the conformance of whole weights. */
const roundingOfWgsl = 6.4e-11;

describe('pieces', () => {
  const q4 = { shape: [1000, 256], format: 'q4-0' } as const; // 144 bytes a row

  test('none where the weight and its spare bytes fit', () => {
    expect(piecesOf(q4, 144_004)).toBeUndefined();
    expect(piecesOf(q4, 144_003)).toEqual([
      { first: 0, rows: 960 },
      { first: 960, rows: 40 },
    ]);
  });

  test('they follow one another, begin at whole tiles, or at fours where a tile is too much, and none is too large', () => {
    for (const [bytes, unit] of [
      [100_000, 64],
      [144 * 64 + 4, 64],
      [144 * 64 + 3, 4],
      [144 * 7, 4],
    ] as const) {
      const pieces = piecesOf(q4, bytes)!;
      expect(pieces.reduce((next, { first, rows }) => (first === next && first % unit === 0 ? next + rows : NaN), 0)).toBe(1000);
      for (const { rows } of pieces) expect(144 * rows + 4).toBeLessThanOrEqual(bytes);
    }
  });

  test('whole experts, fours of their rows where one is too large, and never less than kernels can read', () => {
    const firsts = (rows: number, bytes: number): number[] => piecesOf({ shape: [5, rows, 64], format: 'f16' }, bytes)!.map(({ first }) => first);
    expect(firsts(24, 2 * 24 * 128 + 4)).toEqual([0, 48, 96]);
    expect(firsts(24, 23 * 128)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(firsts(33, 23 * 128)).toEqual([0, 33, 66, 99, 132]);
    expect(firsts(24, 1)).toHaveLength(30);
  });

  test('numbers of values stay within 32 bits however much the adapter binds', () => {
    const pieces = piecesOf({ shape: [2 ** 20, 8192], format: 'q4-0' }, Infinity)!;
    expect(pieces).toHaveLength(3);
    for (const { rows } of pieces) expect(rows * 8192).toBeLessThan(2 ** 32);
  });
});

interface Expected {
  readonly greedy: readonly [{ readonly promptIds: readonly number[]; readonly continuationIds: readonly number[] }];
}

/** Bytes that lie in whole words and bytes that do not; every format has the same rows. */
const tried = new Set(['f32', 'q6-k', undefined]);

/** Logits of every position: all but the last three in one step, those one by one. */
async function* logitsOf({ engine, model }: LoadedModel, ids: readonly number[]): AsyncGenerator<Float32Array> {
  const sequences = createSequences(engine);
  const sequence = sequences.open();
  for (const part of [ids.slice(0, -3), ...ids.slice(-3).map((id) => [id])]) {
    await sequences.step([{ sequence, ids: part, rows: [...part.keys()] }]);
    for (const row of part.keys()) {
      const logits = new Float32Array(model.h.vocabulary);
      await sequences.logits(row, logits);
      yield logits;
    }
  }
}

describe.skipIf(softGpuProblem !== undefined)(`on SwiftShader${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`, () => {
  // Fours of rows, whatever the shape.
  const least = createWebGpu({ name }, { weightBytes: 1 });
  for (const op of opNames) {
    for (const [index, given] of opOf(op).cases.entries()) {
      if (!given.inputs.some((input) => input?.kind === 'weight' && input.shape.length > 1 && tried.has(input.format))) continue;
      test(`${op}, case ${index}`, async () => {
        const expected = await runCase(backends.reference, op, given, { threads: 1 });
        const { outputs, brokenGuards } = await runCase(least, op, given, { threads: 1, guard: true });
        const tolerance = given.tolerance === 0 ? 0 : Math.max(given.tolerance ?? 0, roundingOfWgsl);
        for (const [output, values] of expected.outputs.entries()) expect(disagreement(outputs[output]!, values, tolerance)).toBeUndefined();
        expect(brokenGuards).toBe(0);
      });
    }
  }

  for (const family of ['llama-tied', 'gpt2', 'mixtral']) {
    test(`${family}: the logits of an independent implementation`, async () => {
      const [golden, loaded] = await Promise.all([
        readGolden(join(familyFixtures, family)),
        loadFixture(join(familyFixtures, family), createWebGpu({ name }, { weightBytes: 5000 })),
      ]);
      const { vocabulary } = loaded.model.h;
      let position = 0;
      for await (const logits of logitsOf(loaded, golden.ids[0]!)) {
        const expected = golden.logits[0]!.subarray(position * vocabulary, (position + 1) * vocabulary);
        expect(disagreement(logits, expected, 1e-6), `position ${position++}`).toBeUndefined();
      }
      const { program } = loaded.engine;
      // Three pieces of each, at least.
      expect(loaded.engine.dispatches()).toBeGreaterThanOrEqual(program.instructions.length + 2 * leavesOf(program, 'weight').size);
      await loaded.engine.close();
    }, 60_000);
  }

  test('the greedy text of an independent implementation', async () => {
    const folder = join(import.meta.dirname, '../../fixtures/storyteller');
    const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Expected;
    const [{ promptIds, continuationIds }] = expected.greedy;
    const checkpoint = await openCheckpoint(join(folder, 'f16'));
    const loaded = await loadModel(checkpoint, createWebGpu({ name }, { weightBytes: 150_000 }), { contextLength: 32, threads: 1 });
    const sequences = createSequences(loaded.engine);
    const options = { maxTokens: 8, sampling: { ...defaultSampling, temperature: 0 }, eos: [], stop: [] };
    const job = generate(loaded, await createTokenizer(checkpoint.tokenizer!), sequences, sequences.open(), promptIds, options);
    const made: number[] = [];
    for await (const event of job) if (event.type === 'token') made.push(event.id);
    await loaded.engine.close();
    expect(made).toEqual(continuationIds.slice(0, 8));
  }, 60_000);
});
