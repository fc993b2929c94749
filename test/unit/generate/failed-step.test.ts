// Steps that fail or are aborted: what a sequence holds afterwards, and that what comes next is right all the same.
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { backends } from '../../../src/core/backends/index.js';
import type { Backend, Engine } from '../../../src/core/backends/backend.js';
import { LlmxError } from '../../../src/core/base/error.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { createSequences, loadModel, type Sequence, type Sequences } from '../../../src/core/generate/index.js';
import { disagreement } from '../../support/compare.js';

const root = join(import.meta.dirname, '../../../fixtures/families');
const opened: Engine[] = [];
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});

/** Sequences over an engine that ends every step with an abort, when told to, after all of its work is done. */
async function abortable(name: string, backend: Backend) {
  const checkpoint = await openCheckpoint(join(root, name));
  const { engine, model } = await loadModel(checkpoint, backend, { contextLength: 64, sequences: 3, chunk: 50, cacheFormat: 'f32', threads: 1 });
  opened.push(engine);
  let aborts = false;
  const wrapped: Engine = {
    program: engine.program,
    step: async (inputs) => {
      await engine.step(inputs);
      if (aborts) throw new LlmxError('interrupted', 'generation was interrupted');
    },
    warm: () => engine.warm(),
    abort: () => engine.abort(),
    read: (...given) => engine.read(...given),
    write: (...given) => engine.write(...given),
    copyState: (...given) => engine.copyState(...given),
    clearState: (...given) => engine.clearState(...given),
    memory: () => engine.memory(),
    settle: () => engine.settle(),
    dispatches: () => engine.dispatches(),
    profile: () => engine.profile(),
    brokenGuards: () => engine.brokenGuards(),
    close: () => engine.close(),
  };
  const sequences = createSequences(wrapped);
  return {
    sequences,
    vocabulary: model.h.vocabulary,
    isRecurrent: model.h.stateWidth > 0,
    async abortedStep(sequence: Sequence, ids: readonly number[]): Promise<void> {
      aborts = true;
      await expect(sequences.step([{ sequence, ids, rows: [] }])).rejects.toThrow('interrupted');
      aborts = false;
    },
  };
}

const some = (length: number, first = 0): number[] => Array.from({ length }, (_, index) => 3 + ((first + index * 7) % 50));

async function last(sequences: Sequences, sequence: Sequence, ids: readonly number[], vocabulary: number): Promise<Float32Array> {
  const logits = new Float32Array(vocabulary);
  await sequences.step([{ sequence, ids, rows: [ids.length - 1] }]);
  await sequences.logits(0, logits);
  return logits;
}

async function alone(sequences: Sequences, ids: readonly number[], vocabulary: number): Promise<Float32Array> {
  const sequence = sequences.open();
  const logits = await last(sequences, sequence, ids, vocabulary);
  sequences.close(sequence);
  return logits;
}

for (const backend of Object.values(backends)) {
  const { problem } = backend.describe();
  describe.skipIf(problem !== undefined)(`${backend.name}${problem === undefined ? '' : ` (${problem})`}`, () => {
    for (const name of ['llama', 'mamba']) {
      test(`${name}: an aborted step, a fork, and both go on`, async () => {
        const { sequences, vocabulary, isRecurrent, abortedStep } = await abortable(name, backend);
        const one = sequences.open();
        await sequences.step([{ sequence: one, ids: some(20), rows: [] }]);
        await abortedStep(one, some(40, 5));
        expect(one.tokens).toEqual(isRecurrent ? [] : some(20));
        const two = await sequences.fork(one);
        const [left, right] = [some(30, 11), some(30, 23)];
        // In turns: a page that both hold by mistake is written by the other in between.
        await last(sequences, one, left.slice(0, 25), vocabulary);
        await last(sequences, two, right.slice(0, 25), vocabulary);
        const first = await last(sequences, one, left.slice(25), vocabulary);
        const second = await last(sequences, two, right.slice(25), vocabulary);
        const held = isRecurrent ? [] : some(20);
        expect(one.tokens).toEqual([...held, ...left]);
        // The sums of a prompt differ in order from those of its parts: float32.
        const room = backend.name === 'reference' ? 1e-12 : 1e-8;
        for (const [sequence, ids, logits] of [
          [one, [...held, ...left], first],
          [two, [...held, ...right], second],
        ] as const) {
          const whole = sequences.open();
          await sequences.step([{ sequence: whole, ids: ids.slice(0, 17), rows: [] }]);
          expect(disagreement(logits, await last(sequences, whole, ids.slice(17), vocabulary), room)).toBeUndefined();
          sequences.close(whole);
          sequences.close(sequence);
        }
        expect(sequences.free.pages).toBe(await freeOf(name, backend));
      });
    }

    test('an abort of the engine itself leaves nothing behind', async () => {
      const checkpoint = await openCheckpoint(join(root, 'llama'));
      const { engine, model } = await loadModel(checkpoint, backend, { contextLength: 64, chunk: 60, cacheFormat: 'f32', threads: 1 });
      opened.push(engine);
      const sequences = createSequences(engine);
      const sequence = sequences.open();
      await sequences.step([{ sequence, ids: some(10), rows: [] }]);
      const running = sequences.step([{ sequence, ids: some(50), rows: [] }]).then(
        () => undefined,
        (error: unknown) => error,
      );
      engine.abort();
      const outcome = await running;
      if (outcome !== undefined) expect(outcome).toMatchObject({ code: 'interrupted' });
      await sequences.truncate(sequence, 10);
      const logits = await last(sequences, sequence, some(20, 3), model.h.vocabulary);
      sequences.close(sequence);
      expect(disagreement(logits, await alone(sequences, [...some(10), ...some(20, 3)], model.h.vocabulary), 1e-8)).toBeUndefined();
    });
  });
}

async function freeOf(name: string, backend: Backend): Promise<number> {
  return (await abortable(name, backend)).sequences.free.pages;
}

describe('what a step does not take', () => {
  const refused: readonly [string, (sequence: Sequence, other: Sequence) => Parameters<Sequences['step']>[0], string][] = [
    ['a token beyond the vocabulary', (sequence) => [{ sequence, ids: [1, 2 ** 32 + 1], rows: [] }], 'outside of the vocabulary'],
    ['a negative token', (sequence) => [{ sequence, ids: [-1], rows: [] }], 'outside of the vocabulary'],
    ['half a token', (sequence) => [{ sequence, ids: [1.5], rows: [] }], 'outside of the vocabulary'],
    ['the same sequence twice', (sequence) => [sequence, sequence].map((each) => ({ sequence: each, ids: [1], rows: [] })), 'each sequence'],
    ['too many tokens', (sequence) => [{ sequence, ids: some(51), rows: [] }], '51 tokens; it takes 50'],
    ['too many rows', (sequence) => [{ sequence, ids: some(9), rows: [0, 1, 2, 3] }], '4 rows of logits; it takes 3'],
    ['a row beyond its tokens', (sequence) => [{ sequence, ids: some(2), rows: [2] }], 'a row beyond the 2 tokens'],
    [
      'one good and one too long',
      (sequence, other) => [
        { sequence, ids: [1], rows: [] },
        { sequence: other, ids: some(9), rows: [] },
      ],
      '69 tokens do not fit into a context of 64',
    ],
  ];
  for (const [what, work, message] of refused)
    test(what, async () => {
      const { sequences } = await abortable('llama', backends.reference);
      const [one, other] = [sequences.open(), sequences.open()];
      for (const length of [40, 20]) await sequences.step([{ sequence: other, ids: some(length), rows: [] }]);
      const before = { ...sequences.free };
      await expect(sequences.step(work(one, other))).rejects.toThrow(message);
      expect([one.tokens.length, other.tokens.length]).toEqual([0, 60]);
      expect(sequences.free).toEqual(before);
    });

  test('a second step while one runs', async () => {
    const { sequences } = await abortable('llama', backends.reference);
    const [one, other] = [sequences.open(), sequences.open()];
    const first = sequences.step([{ sequence: one, ids: some(9), rows: [] }]);
    await expect(sequences.step([{ sequence: other, ids: some(9), rows: [] }])).rejects.toThrow('a step is running');
    await first;
    expect(one.tokens).toEqual(some(9));
  });

  test('a fork without a free state slot takes nothing', async () => {
    const { sequences } = await abortable('mamba', backends.reference);
    const all = [sequences.open(), sequences.open(), sequences.open()];
    for (const sequence of all) await sequences.step([{ sequence, ids: some(3), rows: [] }]);
    const before = { ...sequences.free };
    await expect(sequences.fork(all[0]!)).rejects.toThrow('in use');
    expect(sequences.free).toEqual(before);
  });
});
