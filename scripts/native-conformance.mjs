// The conformance cases without a test runner, for places where one is too heavy: under sanitizers, under an emulator. Bundled and started by
// scripts/native-tests.mjs. Every op's cases against the reference, then every family fixture against its golden logits, then what the addon
// must survive (native-hostile.mjs).
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { backends } from '../src/core/backends/index.ts';
import { findAddon } from '../src/core/backends/native/addon.ts';
import { packageRoot } from '../src/core/base/package-root.ts';
import { openCheckpoint } from '../src/core/checkpoints/index.ts';
import { createSequences, loadModel } from '../src/core/generate/index.ts';
import { isRunBy } from '../src/core/graph/fusions/index.ts';
import { opNames, opOf } from '../src/core/ops/index.ts';
import { disagreement } from '../test/support/compare.ts';
import { readGolden } from '../test/support/golden.ts';
import { runCase } from '../test/support/op-case.ts';
import { endings, misuse, mutations, worker } from './native-hostile.mjs';

const { native, reference } = backends;
const problems = [];
let checks = 0;

function check(what, problem) {
  checks++;
  if (problem === undefined) return;
  problems.push(`${what}: ${problem}`);
  process.stdout.write(`FAILED ${what}: ${problem}\n`);
}

const sameBits = (a, b) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

async function ops() {
  for (const name of opNames.filter((each) => isRunBy(each, native.fusions))) {
    for (const [index, given] of opOf(name).cases.entries()) {
      const expected = await runCase(reference, name, given, { threads: 1 });
      const one = await runCase(native, name, given, { threads: 1, guard: true });
      const three = await runCase(native, name, given, { threads: 3, guard: true });
      for (const [output, values] of expected.outputs.entries()) {
        const what = `${name} case ${index} output ${output}`;
        check(what, disagreement(one.outputs[output], values, given.tolerance ?? 1e-11));
        check(what, sameBits(one.outputs[output], three.outputs[output]) ? undefined : 'depends on the number of threads');
      }
      check(`${name} case ${index}`, one.brokenGuards + three.brokenGuards === 0 ? undefined : 'wrote outside of its values');
    }
  }
}

async function family(folder, form) {
  const options = { contextLength: 48, sequences: 3, chunk: 48, rows: 48, cacheFormat: 'f32', threads: 2 };
  const { engine, model } = await loadModel(await openCheckpoint(join(folder, form)), native, options);
  const { ids, logits } = await readGolden(folder);
  const sequences = createSequences(engine);
  const actual = new Float32Array(model.h.vocabulary);
  for (const chunk of [24, 5]) {
    for (const [index, tokens] of ids.entries()) {
      const sequence = sequences.open();
      for (let begin = 0; begin < tokens.length; begin += chunk) {
        const part = tokens.slice(begin, begin + chunk);
        await sequences.step([{ sequence, ids: part, rows: [part.length - 1] }]);
        await sequences.logits(0, actual);
        const last = begin + part.length;
        const golden = logits[index].subarray((last - 1) * actual.length, last * actual.length);
        check(`${folder.split('/').at(-1)} ${form} token ${last}`, disagreement(actual, golden, 1e-6));
      }
      sequences.close(sequence);
    }
  }
  await engine.close();
}

async function families() {
  const root = join(packageRoot(), 'fixtures', 'families');
  for (const name of await readdir(root)) {
    if (!existsSync(join(root, name, 'expected.safetensors'))) continue;
    for (const form of ['', 'model.gguf']) await family(join(root, name), form);
  }
}

const found = findAddon();
if (!isMainThread) {
  await worker();
} else if (found.addon === undefined) {
  process.stdout.write(`no addon: ${found.problem}\n`);
  process.exitCode = 2;
} else {
  const begin = performance.now();
  await ops();
  await families();
  await misuse(found.addon, check);
  await mutations(found.addon, check);
  await endings(fileURLToPath(import.meta.url), check);
  const { tier } = found.addon.describe();
  process.stdout.write(
    `native conformance (${tier}): ${checks} checks, ${problems.length} failures, ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
