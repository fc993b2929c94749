// Random forks, cuts, snapshots and returns: every sequence must always answer as if it had been computed alone from its tokens.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backends } from '../../../src/core/backends/index.js';
import { uniform } from '../../../src/core/base/random.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { createSequences, loadModel, type LoadedModel, type Sequence, type Sequences, type Snapshot } from '../../../src/core/generate/index.js';
import { disagreement } from '../../support/compare.js';

const root = join(import.meta.dirname, '../../../fixtures/families');
const load = async (name: string): Promise<LoadedModel> =>
  loadModel(await openCheckpoint(join(root, name)), backends.reference, { contextLength: 64, sequences: 4, snapshots: 4, chunk: 40, threads: 1 });

/** The last token's logits of the whole run, computed from nothing. */
async function alone(sequences: Sequences, ids: readonly number[], vocabulary: number): Promise<Float32Array> {
  const sequence = sequences.open();
  const logits = new Float32Array(vocabulary);
  await sequences.step([{ sequence, ids, rows: [ids.length - 1] }]);
  await sequences.logits(0, logits);
  sequences.close(sequence);
  return logits;
}

for (const name of ['llama', 'mamba']) {
  const isRecurrent = name === 'mamba';
  describe(name, () => {
    for (const seed of [1, 2, 3]) {
      test(`seed ${seed}`, async () => {
        const { engine, model } = await load(name);
        const sequences = createSequences(engine);
        const { vocabulary } = model.h;
        const before = { ...sequences.free };
        let draws = 0;
        const choose = (limit: number): number => Math.floor(uniform(seed, 0, draws++) * limit);
        const open: Sequence[] = [sequences.open()];
        let snapshot: { of: Sequence; at: Snapshot; tokens: readonly number[] } | undefined;

        for (let round = 0; round < 25; round++) {
          const sequence = open[choose(open.length)]!;
          const action = choose(6);
          if (action === 0 && open.length < 3 && sequence.tokens.length > 0) open.push(await sequences.fork(sequence));
          else if (action === 1 && open.length > 1) {
            if (snapshot?.of === sequence) {
              sequences.forget(snapshot.at);
              snapshot = undefined;
            }
            sequences.close(sequence);
            open.splice(open.indexOf(sequence), 1);
          } else if (action === 2) await sequences.truncate(sequence, isRecurrent ? 0 : choose(sequence.tokens.length + 1));
          else if (action === 3 && snapshot === undefined && sequence.tokens.length > 0)
            snapshot = { of: sequence, at: await sequences.snapshot(sequence), tokens: [...sequence.tokens] };
          else if (action === 4 && snapshot !== undefined && open.includes(snapshot.of)) {
            await sequences.restore(snapshot.of, snapshot.at);
            expect(snapshot.of.tokens).toEqual(snapshot.tokens);
          } else if (sequence.tokens.length < 30) {
            const ids = Array.from({ length: 1 + choose(9) }, () => choose(vocabulary));
            await sequences.step([{ sequence, ids, rows: [ids.length - 1] }]);
            const logits = new Float32Array(vocabulary);
            await sequences.logits(0, logits);
            expect(disagreement(logits, await alone(sequences, sequence.tokens, vocabulary), 1e-12)).toBeUndefined();
          }
        }
        if (snapshot !== undefined) sequences.forget(snapshot.at);
        open.forEach((sequence) => sequences.close(sequence));
        expect(sequences.free).toEqual(before);
        await engine.close();
      });
    }
  });
}

test('more tokens than the context is an error that says both numbers', async () => {
  const sequences = createSequences((await load('llama')).engine);
  const sequence = sequences.open();
  await sequences.step([{ sequence, ids: new Array<number>(40).fill(1), rows: [] }]);
  await expect(sequences.step([{ sequence, ids: new Array<number>(30).fill(1), rows: [] }])).rejects.toThrow(
    '70 tokens do not fit into a context of 64',
  );
});
