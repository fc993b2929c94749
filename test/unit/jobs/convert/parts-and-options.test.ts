// How parts of tensors are cut, what options come to, and what a number format or a part of a model loses.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../../src/core/checkpoints/index.js';
import { holderOf, lock, tryLock } from '../../../../src/core/checkpoints/process-lock.js';
import { differences } from '../../../../src/core/jobs/inspect-diff.js';
import { convertTo, familyFolder, newFolder, storytellerFile, tensorsOf } from '../../../support/convert.js';
import { failure } from '../../../support/hostile-files.js';

const llama = familyFolder('llama');

/** A copy of a safetensors folder with one value of a tensor changed. */
async function withValue(name: string, value: number): Promise<string> {
  const folder = join(newFolder(), 'model');
  await cp(llama, folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: [number, number] }>;
  bytes.writeFloatLE(value, 8 + length + header[name]!.data_offsets[0]);
  await writeFile(path, bytes);
  return folder;
}

describe('parts of any size give the same bytes', () => {
  // GPT-2 and ONNX keep matrices transposed, which are then read by columns.
  test.each([
    ['gpt2', 'gguf', undefined],
    ['gpt2', 'gguf', 'q8-0'],
    ['gpt2', 'safetensors', 'f16'],
    ['llama', 'onnx', undefined],
    ['mixtral', 'gguf', 'f16'],
    ['llama', 'mlx', 'mlx-4-32-f16'],
  ] as const)('%s to %s, %s', async (name, to, format) => {
    const folder = newFolder();
    const given = { to: [to], types: { format: format as 'f16' | undefined, rules: [] } };
    await convertTo(familyFolder(name), [join(folder, 'whole')], { ...given, chunkBytes: 8 << 20 });
    await convertTo(familyFolder(name), [join(folder, 'cut')], { ...given, chunkBytes: 64, verify: 'full' });
    expect(await tensorsOf(join(folder, 'cut'))).toEqual(await tensorsOf(join(folder, 'whole')));
  });

  test('two outputs from one read, of which one transposes', async () => {
    const folder = newFolder();
    await convertTo(familyFolder('gpt2'), [join(folder, 'a.gguf'), join(folder, 'b')], {
      to: ['gguf', 'safetensors'],
      chunkBytes: 64,
      verify: 'full',
    });
    expect(await tensorsOf(join(folder, 'b'))).toEqual(await tensorsOf(familyFolder('gpt2')));
    await convertTo(join(folder, 'a.gguf'), [join(folder, 'c')], { to: ['safetensors'], chunkBytes: 64 });
    expect(await tensorsOf(join(folder, 'c'))).toEqual(await tensorsOf(familyFolder('gpt2')));
  });
});

test('what a number format cannot hold is a mismatch, and named', async () => {
  const model = await withValue('model.layers.0.mlp.up_proj.weight', 1e6);
  const { report, events } = await convertTo(model, [join(newFolder(), 'a.gguf')], { types: { format: 'f16', rules: [] }, verify: 'quick' });
  expect(report.verify).toMatchObject({ 'tensor-mismatches': 1 });
  expect(report.gates.find(({ name }) => name === 'tensor-mismatches')).toMatchObject({ pass: false });
  expect(events).toContainEqual(
    expect.objectContaining({ code: 'overflow', message: 'layer.0.mlp-up.weight: a value is beyond what F16 holds, and infinite there' }),
  );
  // Wherever it is, and whatever way its numbers take: from file to file, through memory, by columns.
  const beyond = expect.objectContaining({ code: 'overflow' }) as unknown;
  for (const name of ['model.layers.1.mlp.down_proj.weight', 'model.layers.1.self_attn.q_proj.weight']) {
    const other = await withValue(name, -1e6);
    expect((await convertTo(other, [join(newFolder(), 'a.gguf')], { types: { format: 'f16', rules: [] } })).events).toContainEqual(beyond);
    const q8 = join(newFolder(), 'a.gguf');
    await convertTo(other, [q8], { types: { format: 'f32', rules: [] } });
    const again = await convertTo(q8, [join(newFolder(), 'b')], { to: ['pytorch'], types: { format: 'f16', rules: [] }, chunkBytes: 64 });
    expect(again.events).toContainEqual(beyond);
  }
  const broken = await withValue('model.layers.0.mlp.up_proj.weight', NaN);
  const second = await convertTo(broken, [join(newFolder(), 'a.gguf')], { verify: 'quick' });
  expect(second.report.verify).toMatchObject({ 'tensor-mismatches': 0, top1: NaN });
  expect(second.events).toContainEqual(expect.objectContaining({ code: 'not-finite' }));
});

test('what was narrowed stays narrow', async () => {
  const folder = newFolder();
  await convertTo(llama, [join(folder, 'a.gguf')], { types: { format: 'f16', rules: [] } });
  await convertTo(join(folder, 'a.gguf'), [join(folder, 'b.gguf'), join(folder, 'c')], { to: ['gguf', 'safetensors'] });
  expect(readFileSync(join(folder, 'b.gguf')).equals(readFileSync(join(folder, 'a.gguf')))).toBe(true);
  const formats = [...(await tensorsOf(join(folder, 'c'))).values()].map(({ format }) => format);
  expect(formats.filter((format) => format === 'f16').length).toBe(23);
  const [left, right] = [await openCheckpoint(join(folder, 'a.gguf')), await openCheckpoint(join(folder, 'b.gguf'))];
  expect(differences(left, right)).toEqual([]);
});

test('a vocabulary converts without a tensor, and again; what has no tensors cannot be every format', async () => {
  const folder = newFolder();
  const selection = { vocabularyOnly: true };
  await convertTo(storytellerFile, [join(folder, 'a.gguf')], { selection, verify: 'quick' });
  const { report } = await convertTo(join(folder, 'a.gguf'), [join(folder, 'b')], { to: ['safetensors'], selection, verify: 'quick' });
  expect(report).toMatchObject({ tensors: 0, partial: true, verify: { 'token-mismatches': 0 } });
  expect(await failure(convertTo(storytellerFile, [join(folder, 'c')], { to: ['pytorch'], selection }))).toMatchObject({
    code: 'usage',
    message: '--vocab-only: pytorch needs tensors',
  });
});

test('a part of a model is compared as far as it goes; patterns that match nothing are told', async () => {
  const folder = newFolder();
  const part = await convertTo(llama, [join(folder, 'a.gguf')], { selection: { vocabularyOnly: false, exclude: /mlp/ }, verify: 'full' });
  expect(part.report.verify).toMatchObject({ 'tensor-mismatches': 0, 'tensor-nmse': 0 });
  expect(part.report.verify).not.toHaveProperty('logit-nmse');
  expect(await failure(convertTo(llama, [join(folder, 'b.gguf')], { selection: { vocabularyOnly: false, include: /zzz/ } }))).toMatchObject({
    code: 'usage',
    message: '--include zzz: nothing is left to convert',
  });
  const { events } = await convertTo(llama, [join(folder, 'c.gguf')], {
    selection: { vocabularyOnly: false, exclude: /yyy/ },
    types: { format: undefined, rules: [{ pattern: /xxx/, format: 'f16' }] },
  });
  expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
    '--dtype-map xxx matches no tensor',
    '--exclude yyy matches no tensor',
  ]);
});

test.each([
  ['gguf', { externalData: 'always' as const }, undefined, '--external-data has nothing to say to gguf'],
  ['onnx', { splitBytes: 1000 }, undefined, '--split-max-size has nothing to say to onnx'],
  ['mlx', {}, 'q4-0' as const, 'mlx holds no Q4_0'],
])('%s with %j and %s is refused', async (to, layout, format, message) =>
  expect(await failure(convertTo(llama, [join(newFolder(), 'x')], { to: [to], layout, types: { format, rules: [] } }))).toMatchObject({
    code: 'usage',
    message,
  }),
);

test('a number that GGUF does not hold is refused by its name', async () => {
  const folder = join(newFolder(), 'model');
  await cp(llama, folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  for (const factor of [1e39, 1e-46]) {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, rope_scaling: { type: 'linear', factor } }));
    expect(await failure(convertTo(folder, [join(folder, 'a.gguf')]))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('llama.rope.scaling.factor') as string,
    });
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, partial_rotary_factor: 0.5 }));
  expect(await failure(convertTo(folder, [join(folder, 'a.gguf')]))).toMatchObject({ code: 'unsupported', message: /partial_rotary_factor/ });
});

test('an output that is a link to a folder is written where that is', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'elsewhere'));
  symlinkSync('elsewhere', join(folder, 'link'));
  await convertTo(llama, [join(folder, 'link')], { to: ['safetensors'] });
  expect(readdirSync(join(folder, 'elsewhere'))).toContain('model.safetensors');
  expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'link']);
});

describe('locks', () => {
  test('one that nobody keeps fresh holds nothing, whoever has its number', async () => {
    const path = join(newFolder(), 'x.lock');
    writeFileSync(path, '1 x\n');
    expect(await holderOf(path)).toBe(1);
    const before = new Date(Date.now() - 120_000);
    utimesSync(path, before, before);
    expect(await holderOf(path)).toBeUndefined();
    await using taken = await lock(path, new AbortController().signal);
    expect(await tryLock(path)).toEqual({ holder: process.pid });
    await taken.check();
    writeFileSync(path, '1 y\n');
    expect(await failure(taken.check())).toMatchObject({ code: 'disk', message: `${path}: another process has taken over` });
  });

  test('one that was being written when its process died holds nothing after a minute', async () => {
    const path = join(newFolder(), 'x.lock');
    writeFileSync(path, '');
    expect(await tryLock(path)).toEqual({ holder: 0 });
    const before = new Date(Date.now() - 120_000);
    utimesSync(path, before, before);
    await using taken = await lock(path, new AbortController().signal);
    expect(await holderOf(path)).toBe(process.pid);
    void taken;
  });
});
