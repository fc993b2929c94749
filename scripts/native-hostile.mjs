// What the addon must survive: calls that make no sense, programs that no graph gives, ends in the middle of a step. Part of the conformance run (native-conformance.mjs).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, Worker } from 'node:worker_threads';
import { backends } from '../src/core/backends/index.ts';
import { packageRoot } from '../src/core/base/package-root.ts';
import { uniform } from '../src/core/base/random.ts';
import { openCheckpoint } from '../src/core/checkpoints/index.ts';
import { createSequences, loadModel } from '../src/core/generate/index.ts';
import { isRunBy } from '../src/core/graph/fusions/index.ts';
import { opNames, opOf } from '../src/core/ops/index.ts';
import { runCase } from '../test/support/op-case.ts';

/** Calls that the addon must refuse, and a mapping's life. */
export async function misuse(addon, check) {
  const refused = (what, call) => {
    try {
      call();
    } catch (error) {
      return check(what, error instanceof Error ? undefined : 'threw no Error');
    }
    return check(what, 'was not refused');
  };
  const folder = await mkdtemp(join(tmpdir(), 'llmx-native-'));
  try {
    await writeFile(join(folder, 'some'), 'twelve bytes');
    await writeFile(join(folder, 'none'), '');
    const mapping = addon.openMapping(join(folder, 'some'));
    const target = new Uint8Array(8);
    addon.readMapping(mapping, 4, target);
    check('reading a mapping', Buffer.from(target).toString() === 've bytes' ? undefined : 'other bytes');
    refused('reading past a mapping', () => addon.readMapping(mapping, 5, target));
    refused('reading before a mapping', () => addon.readMapping(mapping, -1, target));
    refused('reading at a fraction', () => addon.readMapping(mapping, 0.5, target));
    refused('no such file', () => addon.openMapping(join(folder, 'absent')));
    refused('a folder', () => addon.openMapping(folder));
    refused('an engine from nothing', () => addon.createEngine({}));
    for (let words = 0; words < 24; words++) {
      const program = Float64Array.from({ length: words }, (_, index) => [1280070776, 1][index] ?? 1e15);
      refused(`a program of ${words} words`, () =>
        addon.createEngine({ program, weights: new Float64Array(1), mappings: [mapping], constants: [], threads: 1 }),
      );
    }
    refused('a mapping as an engine', () => addon.brokenGuards(mapping));
    addon.closeMapping(mapping);
    refused('reading a closed mapping', () => addon.readMapping(mapping, 0, target));
    refused('half a block', () => addon.decode(8, new Uint8Array(33), new Float32Array(32)));
    refused('too short a target', () => addon.decode(8, new Uint8Array(34), new Float32Array(31)));
    refused('an unknown format', () => addon.decode(999, new Uint8Array(34), new Float32Array(32)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const strange = [-1, 0, 1, 2, 3, 5, 7, 26, 30, 63, 64, 2 ** 16, 2 ** 31, 2 ** 40, 2 ** 52, 2 ** 53, 1e300, 0.5, Number.NaN, Number.POSITIVE_INFINITY];

/** Descriptions as the backend makes them, but with a word changed or the end cut off: they are refused, or run, but touch nothing of others'. */
export async function mutations(addon, check) {
  const { createEngine } = addon;
  const outcomes = { refused: 0, ran: 0 };
  let stream = 0;
  const draw = (below) => Math.min(below - 1, Math.floor(uniform(7, stream++, 0) * below));
  const mutate = (words) => {
    if (draw(4) === 0) return words.slice(0, draw(words.length));
    const copy = words.slice();
    for (let changes = 1 + draw(2); changes > 0; changes--) {
      const at = draw(copy.length);
      copy[at] = draw(3) === 0 ? copy[at] + draw(5) - 2 : strange[draw(strange.length)];
    }
    return copy;
  };
  for (const name of opNames.filter((each) => isRunBy(each, backends.native.fusions))) {
    const made = [];
    addon.createEngine = (description) => {
      for (let round = 0; round < 150; round++) {
        const part = draw(4) === 0 ? 'weights' : 'program';
        try {
          made.push(createEngine({ ...description, [part]: mutate(description[part]), threads: 1 + draw(2), guard: true }));
        } catch (error) {
          if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
          outcomes.refused++;
        }
      }
      return createEngine(description);
    };
    const { cases } = opOf(name);
    await runCase(backends.native, name, cases[cases.length - 1], { threads: 2 });
    for (const engine of made) {
      try {
        await new Promise((resolve) => addon.step(engine, Int32Array.of(1, 1, 1, 1, 1, 1), [new Int32Array(1)], resolve));
        outcomes.ran++;
      } catch {
        outcomes.refused++;
      }
      check(`${name} with a changed word`, addon.brokenGuards(engine) === 0 ? undefined : 'wrote outside of its values');
      addon.closeEngine(engine);
    }
  }
  addon.createEngine = createEngine;
  check('programs with changed words', outcomes.refused > 0 && outcomes.ran > 0 ? undefined : JSON.stringify(outcomes));
}

/** A prompt on the storyteller, long enough to be interrupted: the engine, and the step that runs. */
async function longStep() {
  const checkpoint = await openCheckpoint(join(packageRoot(), 'fixtures', 'storyteller', 'f16'));
  const options = { contextLength: 512, chunk: 512, rows: 1, cacheFormat: 'f16', threads: 2 };
  const { engine } = await loadModel(checkpoint, backends.native, options);
  const sequences = createSequences(engine);
  const ids = Array.from({ length: 500 }, (_, index) => (index * 7 + 3) % 4096);
  return { engine, step: sequences.step([{ sequence: sequences.open(), ids, rows: [499] }]) };
}

/** What this file does in a worker of `endings`. */
export async function worker() {
  const { step } = await longStep();
  parentPort.postMessage('running');
  await step;
}

/** Closes engines and ends environments while a step runs; `file` is a module that calls `worker` in a worker. */
export async function endings(file, check) {
  for (let milliseconds = 0; milliseconds < 24; milliseconds += 3) {
    const thread = new Worker(file);
    await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
    await delay(milliseconds);
    await thread.terminate();
    const { engine, step } = await longStep();
    const answer = step.then(
      () => 'done',
      (error) => (error instanceof Error ? 'interrupted' : 'no Error'),
    );
    await delay(milliseconds);
    await engine.close();
    const said = await Promise.race([answer, delay(5000, 'no answer', { ref: false })]);
    check(`a step that is interrupted after ${milliseconds} ms`, said === 'done' || said === 'interrupted' ? undefined : said);
  }
}
