// Every family against logits that an independent implementation made: one shot, in chunks, token by token, and several sequences at once.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, loadModel, type LoadedModel } from '../../src/core/generate/index.js';
import { argmax } from '../../src/core/generate/samplers/index.js';
import { disagreement } from './compare.js';
import { readGolden, type Golden } from './golden.js';

export const familyFixtures = join(import.meta.dirname, '../../fixtures/families');
export const familyFixtureNames = (await readdir(familyFixtures)).filter((name) => existsSync(join(familyFixtures, name, 'expected.safetensors')));

const chunkings = { 'one shot': 24, 'chunks of 5': 5, 'token by token': 1 } as const;

export const loadFixture = async (path: string, backend: Backend): Promise<LoadedModel> =>
  loadModel(await openCheckpoint(path), backend, { contextLength: 48, sequences: 3, chunk: 48, rows: 48, cacheFormat: 'f32', threads: 2 });

async function logitsOf(loaded: LoadedModel, ids: readonly number[], chunk: number): Promise<Float32Array> {
  const sequences = createSequences(loaded.engine);
  const sequence = sequences.open();
  const { vocabulary } = loaded.model.h;
  const all = new Float32Array(ids.length * vocabulary);
  for (let begin = 0; begin < ids.length; begin += chunk) {
    const part = ids.slice(begin, begin + chunk);
    await sequences.step([{ sequence, ids: part, rows: [...part.keys()] }]);
    for (const row of part.keys()) await sequences.logits(row, all.subarray((begin + row) * vocabulary, (begin + row + 1) * vocabulary));
  }
  sequences.close(sequence);
  return all;
}

/** `forms`: files of the fixture's folder, '' for the folder itself. `tolerance`: the normalised mean square error that logits may have. */
export function describeFamilies(backend: Backend, tolerance: number, forms: readonly string[]): void {
  for (const name of familyFixtureNames) {
    for (const form of forms) {
      describe(`${name} ${form === '' ? 'folder' : form}`, () => {
        let ready: Promise<readonly [LoadedModel, Golden]>;
        beforeAll(() => {
          ready = Promise.all([loadFixture(join(familyFixtures, name, form), backend), readGolden(join(familyFixtures, name))]);
        });
        afterAll(async () => (await ready)[0].engine.close());
        for (const [how, chunk] of Object.entries(chunkings)) {
          test(how, async () => {
            const [loaded, golden] = await ready;
            for (const [index, ids] of golden.ids.entries())
              expect(disagreement(await logitsOf(loaded, ids, chunk), golden.logits[index]!, tolerance)).toBeUndefined();
          });
        }
        test('two sequences in one step, one of them forked', async () => {
          const [loaded, golden] = await ready;
          await sideBySide(loaded, golden.ids, golden.logits, tolerance);
        });
        test('greedy tokens', async () => {
          const [loaded, golden] = await ready;
          for (const [index, ids] of golden.ids.entries())
            expect(await greedy(loaded, ids.slice(0, 8), golden.greedy[index]!.length)).toEqual(golden.greedy[index]);
        });
      });
    }
  }
}

/** Both sequences advance together; after 9 tokens the first is forked and the fork runs ahead, which must not touch its origin. */
async function sideBySide(
  loaded: LoadedModel,
  ids: readonly (readonly number[])[],
  logits: readonly Float32Array[],
  tolerance: number,
): Promise<void> {
  const sequences = createSequences(loaded.engine);
  const { vocabulary } = loaded.model.h;
  const [first, second] = [sequences.open(), sequences.open()];
  await sequences.step([
    { sequence: first, ids: ids[0]!.slice(0, 9), rows: [] },
    { sequence: second, ids: ids[1]!.slice(0, 3), rows: [] },
  ]);
  const fork = await sequences.fork(first);
  await sequences.step([{ sequence: fork, ids: [5, 6, 7], rows: [] }]);
  await sequences.step([
    { sequence: second, ids: ids[1]!.slice(3, 11), rows: [7] },
    { sequence: first, ids: ids[0]!.slice(9, 12), rows: [0, 2] },
  ]);
  const expected = [
    [1, 10],
    [0, 9],
    [0, 11],
  ] as const;
  for (const [row, [index, position]] of expected.entries()) {
    const actual = new Float32Array(vocabulary);
    await sequences.logits(row, actual);
    expect(
      disagreement(actual, logits[index]!.subarray(position * vocabulary, (position + 1) * vocabulary), tolerance),
      `row ${row}`,
    ).toBeUndefined();
  }
  for (const sequence of [first, second, fork]) sequences.close(sequence);
}

async function greedy(loaded: LoadedModel, prompt: readonly number[], length: number): Promise<number[]> {
  const sequences = createSequences(loaded.engine);
  const sequence = sequences.open();
  const logits = new Float32Array(loaded.model.h.vocabulary);
  const made: number[] = [];
  for (let next: readonly number[] = prompt; made.length < length; next = [made[made.length - 1]!]) {
    await sequences.step([{ sequence, ids: next, rows: [next.length - 1] }]);
    await sequences.logits(0, logits);
    made.push(argmax(logits));
  }
  sequences.close(sequence);
  return made;
}
