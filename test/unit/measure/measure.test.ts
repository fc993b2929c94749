// Measurement: what a run is said to move and compute, against counts by hand; and what a measurement leaves behind.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { backends } from '../../../src/core/backends/index.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { storedWeights, understand } from '../../../src/core/families/model.js';
import { createSequences, loadModel, planModel } from '../../../src/core/generate/index.js';
import { deviation, mean } from '../../../src/core/measure/statistics.js';
import { measureThroughput, sequencesFor, testName } from '../../../src/core/measure/throughput.js';
import { testTraffic, totalTraffic } from '../../../src/core/measure/traffic.js';

const family = (name: string): string => fileURLToPath(new URL(`../../../fixtures/families/${name}`, import.meta.url));

test('mean and sample standard deviation', () => {
  expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
  expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(deviation([3])).toBe(0);
});

test('names are those of llama-bench', () => {
  expect(testName({ prompt: 512, generate: 0, depth: 0 })).toBe('pp512');
  expect(testName({ prompt: 0, generate: 128, depth: 4096 })).toBe('tg128 @ d4096');
  expect(testName({ prompt: 16, generate: 4, depth: 0 })).toBe('pp16+tg4');
});

describe('traffic', () => {
  /** Weights, float32 in all fixtures, and operations of the instructions that read them. */
  const trafficOf = async (name: string, prompt: number, generate: number, depth = 0) => {
    const model = await understand(await openCheckpoint(family(name)));
    const { program } = planModel(model, { promptChunk: 8, fusions: [] }, { contextLength: 64, threads: 1 });
    const parts = testTraffic(program, storedWeights(model), { prompt, generate, depth }, 8);
    const of = (op: string) => totalTraffic(parts.filter((_, index) => program.instructions[index]!.op === op));
    return { h: model.h, matrices: totalTraffic(parts.filter(({ hasWeights }) => hasWeights)), of };
  };

  test('one token of a dense model: every matrix once, one row of the embedding', async () => {
    const { h, matrices } = await trafficOf('llama', 0, 1);
    const attention = h.width * h.headWidth * 2 * (h.heads + h.keyValueHeads);
    const values = h.layers * (attention + 3 * h.width * h.hiddenWidth) + h.vocabulary * h.width;
    expect(matrices.weightBytes).toBe(4 * (values + h.width));
    expect(matrices.operations).toBe(2 * values);
  });

  test('a prompt in two steps reads the matrices twice and the output once', async () => {
    const { h, of } = await trafficOf('llama', 16, 0);
    const attention = h.width * h.headWidth * 2 * (h.heads + h.keyValueHeads);
    const layers = h.layers * (attention + 3 * h.width * h.hiddenWidth);
    expect(of('linear').operations).toBe(2 * (16 * layers + h.vocabulary * h.width));
    expect(of('linear').weightBytes).toBe(4 * (2 * layers + h.vocabulary * h.width));
    expect(of('embed').weightBytes).toBe(4 * 16 * h.width);
  });

  test('a token uses two of four experts, many tokens all of them', async () => {
    const one = await trafficOf('mixtral', 0, 1);
    const expert = 3 * one.h.width * one.h.hiddenWidth;
    expect(one.of('linear-experts').weightBytes).toBe(4 * one.h.layers * 2 * expert);
    const many = await trafficOf('mixtral', 8, 0);
    expect(many.of('linear-experts').weightBytes).toBe(4 * many.h.layers * 4 * expert);
    expect(many.of('linear-experts').operations).toBe(8 * one.of('linear-experts').operations);
  });

  test('attention grows with the depth', async () => {
    const [near, far] = [await trafficOf('llama', 0, 1), await trafficOf('llama', 0, 1, 9)];
    // One key and one value of each head: two multiply-adds a number.
    expect(near.of('attention').operations).toBe(near.h.layers * 4 * near.h.heads * near.h.headWidth);
    expect(far.of('attention').operations).toBe(10 * near.of('attention').operations);
  });
});

describe('throughput', () => {
  const options = { repeats: 3, seed: 7 };

  test.each(['llama', 'mamba'])('%s: samples for every run, and no page or slot kept', async (name) => {
    const tested = { prompt: 5, generate: 3, depth: 20 };
    const loaded = await loadModel(await openCheckpoint(family(name)), backends.reference, {
      contextLength: 32,
      sequences: sequencesFor(tested),
      chunk: 8,
      threads: 1,
    });
    try {
      const runs: string[] = [];
      const measuring = measureThroughput(loaded, { ...tested, ...options, onRun: (moment) => runs.push(moment) });
      let step = await measuring.next();
      for (; step.done !== true; step = await measuring.next()) expect(step.value).toMatchObject({ type: 'progress', total: 3 });
      expect(step.value.samples.length).toBe(3);
      expect(step.value.samples.every((time) => time > 0)).toBe(true);
      expect(runs).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
      expect(createSequences(loaded.engine).free.slots).toBeGreaterThan(0);
    } finally {
      await loaded.engine.close();
    }
  });

  test('an interruption ends it with the samples so far', async () => {
    const loaded = await loadModel(await openCheckpoint(family('llama')), backends.reference, { contextLength: 16, threads: 1 });
    let runs = 0;
    const measuring = measureThroughput(loaded, {
      prompt: 4,
      generate: 0,
      depth: 0,
      ...options,
      isInterrupted: () => runs === 2,
      onRun: (moment) => void (runs += Number(moment === 'end')),
    });
    let step = await measuring.next();
    while (step.done !== true) step = await measuring.next();
    expect(step.value.samples.length).toBe(2);
    await loaded.engine.close();
  });
});
