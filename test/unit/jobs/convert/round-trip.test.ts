// Every family's folder to GGUF and back: the same bytes and the same config. What is computed on the way is held to a bound.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { convertTo, familyFolder, jsonOf, newFolder, storytellerFile, storytellerFolder, tensorsOf, valuesOf } from '../../../support/convert.js';
import { dataFolder, hasData, withoutData } from '../../../support/data.js';
import { failure } from '../../../support/hostile-files.js';
import { checkpointFormatKeys, checkpointFormats } from '../../../../src/core/checkpoints/index.js';
import type { CheckpointFormat } from '../../../../src/core/checkpoints/format.js';
import { familyFixtureNames } from '../../../support/family-suite.js';

/** Mamba stores ln(-x): the logarithm of an exponential, both in float64 and rounded to float32, is off by at most this part of 1. */
const computedBound = 2 ** -22;
const computed = /A_log$/;

describe.each(familyFixtureNames)('%s', (name) => {
  test('folder -> GGUF -> folder keeps every tensor and every field', async () => {
    const folder = newFolder();
    const [gguf, back] = [join(folder, 'model.gguf'), join(folder, 'back')];
    const there = await convertTo(familyFolder(name), [gguf], { verify: 'full' });
    expect(there.report.gates.every((gate) => gate['pass'])).toBe(true);
    const again = await convertTo(gguf, [back], { to: ['safetensors'], verify: 'full' });
    expect(again.report.verify).toMatchObject({ 'tensor-mismatches': 0 });
    expect(await jsonOf(join(back, 'config.json'))).toEqual(await jsonOf(join(familyFolder(name), 'config.json')));
    const [before, after] = [await tensorsOf(familyFolder(name)), await tensorsOf(back)];
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [tensor, facts] of before) {
      if (!computed.test(tensor)) {
        expect(after.get(tensor), tensor).toEqual(facts);
        continue;
      }
      const values = (text: string): Float32Array => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
      const [wanted, got] = [values(facts.bytes), values(after.get(tensor)!.bytes)];
      const worst = wanted.reduce((most, value, index) => Math.max(most, Math.abs(value - got[index]!) / Math.max(1, Math.abs(value))), 0);
      expect(worst, tensor).toBeLessThanOrEqual(computedBound);
    }
  });

  test('the GGUF of another tool becomes the folder that it was made from', async () => {
    const folder = newFolder();
    const { report } = await convertTo(join(familyFolder(name), 'model.gguf'), [join(folder, 'out')], { to: ['safetensors'], verify: 'full' });
    expect(report.verify).toMatchObject({ 'tensor-mismatches': 0, top1: 1 });
    const golden = await valuesOf(familyFolder(name));
    const made = await valuesOf(join(folder, 'out'));
    expect([...made.keys()].sort()).toEqual([...golden.keys()].sort());
    for (const [tensor, values] of golden) if (!computed.test(tensor)) expect(made.get(tensor), tensor).toEqual(values);
  });
});

/** Formats beside the two that every family can be written in. llama2.c holds plain LLaMA alone, and says so of others. */
const others = checkpointFormatKeys.filter((key) => {
  const { write, dialect }: CheckpointFormat = checkpointFormats[key];
  return write !== undefined && dialect === 'huggingface';
});

describe.each(others)('through %s', (format) => {
  test.each(familyFixtureNames)('%s comes back with every byte', async (name) => {
    const { obeys, suffixes } = (checkpointFormats[format] as CheckpointFormat).write!;
    const folder = newFolder();
    const [there, back] = [join(folder, `there${suffixes[0] ?? ''}`), join(folder, 'back')];
    // In parts the file is not called as the output was: a report names what opens.
    let opens = '';
    const converted = convertTo(familyFolder(name), [there], { to: [format], layout: obeys.includes('splitTensors') ? { splitTensors: 7 } : {} });
    const refused = await failure(converted.then(({ report }) => void (opens = String(report.output[0]!['path']))));
    if (refused !== undefined) {
      expect(refused).toMatchObject({ name: 'LlmxError', code: 'unsupported' });
      return;
    }
    await convertTo(opens, [back], { to: ['safetensors'], verify: 'full' });
    expect(await tensorsOf(back)).toEqual(await tensorsOf(familyFolder(name)));
    expect(await jsonOf(join(back, 'config.json'))).toEqual(await jsonOf(join(familyFolder(name), 'config.json')));
  });
});

test('16-bit vectors that GGUF keeps in 32 bits come back as they were', async () => {
  const folder = newFolder();
  await convertTo(storytellerFolder, [join(folder, 'a.gguf')]);
  await convertTo(join(folder, 'a.gguf'), [join(folder, 'back')], { to: ['safetensors'] });
  expect((await readFile(join(folder, 'back/model.safetensors'))).equals(await readFile(join(storytellerFolder, 'model.safetensors')))).toBe(true);
});

test("sides of 1 may stand elsewhere: MLX's convolutions", async () => {
  const folder = newFolder();
  const [theirs, back] = [join(folder, 'theirs'), join(folder, 'back')];
  await cp(familyFolder('mamba'), theirs, { recursive: true });
  const bytes = await readFile(join(theirs, 'model.safetensors'));
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0)));
  const moved = header.toString('latin1').replaceAll('[64,1,4]', '[64,4,1]');
  expect(moved).not.toBe(header.toString('latin1'));
  header.write(moved, 'latin1');
  await writeFile(join(theirs, 'model.safetensors'), bytes);
  const { report } = await convertTo(theirs, [back], { to: ['safetensors'], verify: 'full' });
  expect(report.verify).toMatchObject({ 'tensor-mismatches': 0, 'logit-nmse': 0 });
  expect(await tensorsOf(back)).toEqual(await tensorsOf(familyFolder('mamba')));
});

test('experts in one tensor, as mlx-lm keeps them', async () => {
  const folder = newFolder();
  const [theirs, back] = [join(folder, 'theirs'), join(folder, 'back')];
  await cp(familyFolder('mixtral'), theirs, { recursive: true });
  const parts = { w1: 'gate_proj', w2: 'down_proj', w3: 'up_proj' } as const;
  const stacks = new Map<string, { shape: readonly number[]; bytes: Buffer[] }>();
  for (const [name, { shape, bytes }] of await tensorsOf(theirs)) {
    const stacked = name.replace(/experts\.\d+\.(w\d)/, (_, part: string) => `switch_mlp.${parts[part as keyof typeof parts]}`);
    const sides = shape.split(',').map(Number);
    const stack = stacks.get(stacked) ?? { shape: stacked === name ? sides : [0, ...sides], bytes: [] };
    stack.bytes.push(Buffer.from(bytes, 'base64'));
    stacks.set(stacked, { ...stack, shape: stacked === name ? sides : [stack.bytes.length, ...sides] });
  }
  expect(stacks.size).toBeLessThan((await tensorsOf(theirs)).size);
  let end = 0;
  const header = Object.fromEntries(
    [...stacks].map(([name, { shape, bytes }]) => {
      const begin = end;
      end += bytes.reduce((sum, { length }) => sum + length, 0);
      return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(theirs, 'model.safetensors'), Buffer.concat([length, json, ...[...stacks.values()].flatMap(({ bytes }) => bytes)]));
  await convertTo(theirs, [back], { to: ['safetensors'], verify: 'full' });
  expect(await tensorsOf(back)).toEqual(await tensorsOf(familyFolder('mixtral')));
});

test('a GGUF is copied byte for byte', async () => {
  const folder = newFolder();
  await convertTo(storytellerFile, [join(folder, 'copy.gguf')]);
  expect((await readFile(join(folder, 'copy.gguf'))).equals(await readFile(storytellerFile))).toBe(true);
});

test.skipIf(!hasData)(`stories260K.bin becomes the tensors of stories260K.gguf, the tied one once${withoutData}`, async () => {
  const folder = newFolder();
  await convertTo(join(dataFolder, 'models/stories260K.bin'), [join(folder, 's.gguf')], { verify: 'full' });
  const [made, golden] = [await tensorsOf(join(folder, 's.gguf')), await tensorsOf(join(dataFolder, 'models/stories260K.gguf'))];
  expect([...golden.keys()].filter((name) => !made.has(name))).toEqual(['output.weight']);
  for (const [name, facts] of made) expect(facts, name).toEqual(golden.get(name));
});

test.skipIf(!hasData)(`stories260K.gguf becomes a file that llama2.c reads, with the weights of stories260K.bin${withoutData}`, async () => {
  const folder = newFolder();
  await convertTo(join(dataFolder, 'models/stories260K.gguf'), [join(folder, 's.bin')], { verify: 'full' });
  const [made, golden] = [await tensorsOf(join(folder, 's.bin')), await tensorsOf(join(dataFolder, 'models/stories260K.bin'))];
  for (const [name, facts] of golden) expect(made.get(name), name).toEqual(facts);
});
