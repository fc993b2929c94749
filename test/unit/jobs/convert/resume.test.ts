// A conversion that dies at a hundred seeded points, with torn writes and a torn journal, and goes on to the same bytes.
import { appendFileSync, copyFileSync, readFileSync, readdirSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { uniform } from '../../../../src/core/base/random.js';
import { openCheckpoint } from '../../../../src/core/checkpoints/index.js';
import { understand } from '../../../../src/core/families/model.js';
import { describe as describeContents } from '../../../../src/core/jobs/convert/contents.js';
import { execute } from '../../../../src/core/jobs/convert/execute.js';
import { openJournal, planDigest } from '../../../../src/core/jobs/convert/journal.js';
import { planOutput, targetTensors, writerOf, type OutputPlan } from '../../../../src/core/jobs/convert/plan.js';
import { openTargets, type Targets } from '../../../../src/core/jobs/convert/targets.js';
import { convertTo, familyFolder, newFolder } from '../../../support/convert.js';

const kills = 100;
const source = familyFolder('llama');

async function planFor(format: 'gguf' | 'safetensors' | 'pytorch', type: 'f16' | undefined): Promise<OutputPlan> {
  const model = await understand(await openCheckpoint(source));
  const writer = writerOf(format);
  const parts = targetTensors(model, writer, { format: type, rules: [], widened: new Map() }, { vocabularyOnly: false });
  const { contents, constants } = await describeContents(model, writer.dialect, parts.tensors, { metadata: {} });
  return planOutput(
    { path: 'x', format, isFolder: format !== 'gguf', staging: 'x.partial' },
    writer,
    contents,
    { ...parts, constants },
    { ...(format === 'gguf' ? { fileName: 'x' } : {}), splitTensors: 12 },
  );
}

class Killed extends Error {}

/** Dies at the write of this number, having written a part of it. */
function mortal(targets: Targets, at: number): Targets {
  let writes = 0;
  let isDead = false;
  return {
    ...targets,
    checksums: targets.checksums,
    async write(key, distance, bytes) {
      if (writes++ < at) return targets.write(key, distance, bytes);
      await targets.write(key, distance, bytes.subarray(0, bytes.length >> 1));
      isDead = true;
      throw new Killed();
    },
    // The dead flush nothing.
    sync: () => (isDead ? Promise.reject(new Killed()) : targets.sync()),
  };
}

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

/** Runs until the write `at`, or to the end. Returns how many writes there were. */
async function attempt(outputs: readonly OutputPlan[], folder: string, resume: boolean, at: number): Promise<number> {
  const checkpoint = await openCheckpoint(source);
  await using journal = await openJournal(folder, await planDigest(checkpoint, outputs), resume);
  await using targets = await openTargets(
    outputs.map((_, index) => join(folder, `files-${index}`)),
    outputs,
  );
  let writes = 0;
  const counted: Targets = { ...targets, write: (...args) => (writes++, targets.write(...args)) };
  const job = execute(
    outputs,
    at === Infinity ? counted : mortal(targets, at),
    journal,
    { chunkBytes: 1024, syncBytes: 4096 },
    new AbortController().signal,
  );
  while ((await job.next()).done !== true);
  await targets.finish();
  return writes;
}

test(`dies at ${kills} points and gives the same bytes`, async () => {
  const outputs = [await planFor('gguf', 'f16'), await planFor('safetensors', undefined), await planFor('pytorch', 'f16')];
  const whole = newFolder();
  const writes = await attempt(outputs, whole, false, Infinity);
  const golden = [0, 1, 2].map((index) => filesOf(join(whole, `files-${index}`)));
  expect(writes).toBeGreaterThan(kills);
  for (let kill = 0; kill < kills; kill++) {
    const folder = newFolder();
    const at = Math.floor(uniform(7, 0, kill) * writes);
    await expect(attempt(outputs, folder, false, at)).rejects.toThrow(Killed);
    // The last line of the journal may be torn too: half of a line that was being written, or its end cut off.
    const path = join(folder, 'journal.jsonl');
    if (kill % 3 === 0) appendFileSync(path, '{"role":"token-embedding.wei');
    if (kill % 3 === 1 && statSync(path).size > 4) truncateSync(path, statSync(path).size - 3);
    // A second death on the way, now and then.
    if (kill % 4 === 0) await attempt(outputs, folder, true, at >> 1).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    await attempt(outputs, folder, true, Infinity);
    expect([0, 1, 2].map((index) => filesOf(join(folder, `files-${index}`)))).toEqual(golden);
  }
});

test('a role is in the journal only after its bytes are on the disk', async () => {
  const outputs = [await planFor('gguf', undefined), await planFor('pytorch', undefined)];
  const folder = newFolder();
  const checkpoint = await openCheckpoint(source);
  await using journal = await openJournal(folder, await planDigest(checkpoint, outputs), false);
  await using targets = await openTargets([join(folder, 'a'), join(folder, 'b')], outputs);
  const synced = new Set<string>();
  const written = new Set<string>();
  const finished: string[] = [];
  const watchedTargets: Targets = {
    ...targets,
    checksums: targets.checksums,
    async write(key, distance, bytes) {
      await targets.write(key, distance, bytes);
      written.add(key);
    },
    async sync() {
      const before = [...written];
      await targets.sync();
      for (const key of before) synced.add(key);
    },
  };
  const watchedJournal = {
    ...journal,
    finished: journal.finished,
    async finish(role: string, checksums: Record<string, number>) {
      finished.push(role);
      // Planes with checksums went through memory, and so through `write`.
      for (const key of Object.keys(checksums)) expect(synced.has(key), key).toBe(true);
      await journal.finish(role, checksums);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const job = execute(outputs, watchedTargets, watchedJournal, { chunkBytes: 1024, syncBytes: 20_000 }, new AbortController().signal);
  while ((await job.next()).done !== true);
  expect(finished.length).toBeGreaterThan(10);
});

test('a journal of another plan is not gone on with', async () => {
  const folder = newFolder();
  const checkpoint = await openCheckpoint(source);
  const [plan, other] = [await planFor('gguf', undefined), await planFor('gguf', 'f16')];
  await attempt([plan], folder, false, Infinity);
  await using same = await openJournal(folder, await planDigest(checkpoint, [plan]), true);
  expect(same.finished.size).toBeGreaterThan(10);
  await using different = await openJournal(folder, await planDigest(checkpoint, [other]), true);
  expect(different.finished.size).toBe(0);
});

test('a source that was written since makes it another plan, whatever its size', async () => {
  const checkpoint = await openCheckpoint(source);
  const plan = await planFor('gguf', undefined);
  const at = new Date(Date.now() + 5000);
  const touched = join(newFolder(), 'model.gguf');
  copyFileSync(checkpoint.files[0]!.path, touched);
  const copied = { ...checkpoint, files: [{ ...checkpoint.files[0]!, path: touched }] };
  const before = await planDigest(copied, [plan]);
  utimesSync(touched, at, at);
  expect(await planDigest(copied, [plan])).not.toBe(before);
});

test('an abort keeps what is done, however little', async () => {
  const folder = newFolder();
  const checkpoint = await openCheckpoint(source);
  const plan = await planFor('pytorch', undefined);
  const digest = await planDigest(checkpoint, [plan]);
  const stop = new AbortController();
  {
    await using journal = await openJournal(folder, digest, false);
    await using targets = await openTargets([join(folder, 'files')], [plan]);
    let writes = 0;
    const counted: Targets = { ...targets, write: (...args) => (++writes === 40 && stop.abort(new Error('stop')), targets.write(...args)) };
    const job = execute([plan], counted, journal, { chunkBytes: 1024 }, stop.signal);
    await expect(
      (async () => {
        while ((await job.next()).done !== true);
      })(),
    ).rejects.toThrow('stop');
  }
  await using again = await openJournal(folder, digest, true);
  expect(again.finished.size).toBeGreaterThan(0);
});

test('where there is nothing to go on with, that is said', async () => {
  const folder = newFolder();
  const { events } = await convertTo(source, [join(folder, 'a.gguf')], { resume: true });
  expect(events.some((event) => event.type === 'warning' && event.code === 'nothing-to-resume')).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['a.gguf', 'a.gguf.lineage.json']);
});
