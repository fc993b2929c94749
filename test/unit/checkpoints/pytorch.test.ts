// Files that torch.save wrote (fixtures/make/goldens/make-pytorch.py), each read back to the bytes that PyTorch had.
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../src/core/base/package-root.js';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import { openFile } from '../../../src/core/checkpoints/files.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor, readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import { wrapperLength } from '../../../src/core/checkpoints/pytorch-state-dict.js';
import { readZip } from '../../../src/core/checkpoints/zip/read-zip.js';
import { dataFolder, hasData, withoutData } from '../../support/data.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const folder = join(packageRoot(), 'fixtures', 'pytorch');
const put = temporaryFolder();

interface Row {
  readonly skipped?: string;
  readonly format?: string;
  readonly shape?: readonly number[];
  readonly bytes?: string;
}
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Record<string, Row>>;

/** A checkpoint in the maker's words. */
async function described({ tensors, skipped }: Checkpoint): Promise<Record<string, Row>> {
  const rows: [string, Row][] = [...skipped].map(([name, dtype]) => [name, { skipped: dtype }]);
  for (const tensor of tensors.values()) {
    const { name, format, shape } = tensor;
    rows.push([name, { format, shape, bytes: Buffer.from(await readTensorBytes(tensor)).toString('base64') }]);
  }
  return Object.fromEntries(rows.map(([name, row]) => [`.${name}`, row]));
}

test.each(Object.keys(expected))('%s holds what PyTorch had', async (name) => {
  const checkpoint = await openCheckpoint(join(folder, name));
  expect(checkpoint).toMatchObject({ format: 'pytorch', dialect: 'huggingface', config: { model_type: 'llama' } });
  const wanted = Object.entries(expected[name]!).map(([key, row]) => [`.${key}`, row]);
  expect(await described(checkpoint)).toEqual(Object.fromEntries(wanted));
});

test('the golden file holds every kind', () => {
  const rows = Object.values(expected['every-kind.bin']!);
  expect(new Set(rows.map(({ format, skipped }) => format ?? skipped)).size).toBeGreaterThan(9);
});

test('more tensors than a pickle sets at a time, in one storage', async () => {
  const { tensors, files } = await openCheckpoint(join(folder, 'many.bin'));
  expect(tensors.size).toBe(1203);
  expect(files.length).toBe(1);
  for (const index of [0, 1, 999, 1000, 1001, 1202]) expect([...(await decodeTensor(tensors.get(`layer.${index}`)!))]).toEqual([index]);
});

test('tied weights are two names for the same bytes', async () => {
  for (const name of ['every-kind.bin', 'every-kind-legacy.bin']) {
    const { tensors } = await openCheckpoint(join(folder, name));
    expect(tensors.get('tied')!.planes).toEqual(tensors.get('all')!.planes);
    const [rows, all] = ['rows', 'all'].map((key) => tensors.get(key)!.planes[0]!);
    expect(rows!.offset - all!.offset).toBe(2 * 4 * 4); // two rows of four float32
  }
});

test('a folder in shards, and a shard that is named', async () => {
  const [whole, sharded, named] = await Promise.all(
    ['single', 'sharded', 'sharded/pytorch_model-00002-of-00004.bin'].map(async (name) => openCheckpoint(join(folder, name))),
  );
  expect(sharded!.files.length).toBe(4);
  expect(await described(sharded!)).toEqual(await described(whole!));
  expect(await described(named!)).toEqual(await described(whole!));
});

test.each([
  ['refused-two.pt', /several dicts of tensors: model, ema$/],
  ['refused-strided.pt', /"turned" with shape \[5, 3\] lies in strides of \[1, 5\] elements/],
  ['refused-module.pt', /the pickle asks for torch\.nn\.modules\.linear\.Linear at byte \d+$/],
  ['refused-sparse.pt', /the pickle asks for torch\._utils\._rebuild_sparse_tensor/],
  ['refused-torchscript.pt', /a TorchScript program/],
])('%s is refused by name', async (name, message) => {
  expect(await failure(openCheckpoint(join(folder, name)))).toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) as string });
});

describe('which files are meant', () => {
  const bare = (name: string): string => {
    const path = put(join(name, 'config.json'), '{"model_type":"llama"}');
    return dirname(path);
  };
  const copy = (from: string, to: string): void => copyFileSync(join(folder, from), to);

  test('one file of any name beside config.json and what trainers leave', async () => {
    const path = bare('one');
    copy('training.pt', join(path, 'last.pt'));
    copy('every-kind.bin', join(path, 'training_args.bin'));
    copy('every-kind.bin', join(path, 'optimizer.pt'));
    expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(['first.weight', 'first.bias', 'norm.weight', 'norm.bias']);
  });

  test('the usual name before others; safetensors before PyTorch', async () => {
    const path = bare('usual');
    copy('every-kind.bin', join(path, 'pytorch_model.bin'));
    copy('training.pt', join(path, 'last.pt'));
    expect((await openCheckpoint(path)).tensors.has('a.weight')).toBe(true);
    copyFileSync(join(packageRoot(), 'fixtures/families/llama/model.safetensors'), join(path, 'model.safetensors'));
    expect((await openCheckpoint(path)).format).toBe('safetensors');
  });

  test('without config.json a bare file says what is missing', async () => {
    const path = put('alone/last.pt', readFileSync(join(folder, 'training.pt')));
    expect(await failure(openCheckpoint(path))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('config.json is missing') as string,
    });
  });

  test.each<[string, Uint8Array, string, RegExp]>([
    ['a tar archive', Buffer.from('sys_info'.padEnd(600, '\0')), 'unsupported', /the tar form/],
    ['another zip archive', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]), 'malformed', /no end record/],
    ['a pickle of something else', Buffer.from('\x80\x02}q\x00.', 'latin1'), 'unsupported', /a Python pickle that torch\.save did not write/],
    ['something else under the usual name', Buffer.from('x'.repeat(100)), 'unsupported', /not a PyTorch file/],
  ])('%s', async (name, bytes, code, message) => {
    const path = bare(name.replaceAll(' ', '-'));
    put(join(name.replaceAll(' ', '-'), 'pytorch_model.bin'), bytes);
    const file = name.includes('usual') ? path : join(path, 'pytorch_model.bin');
    expect(await failure(openCheckpoint(file))).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

test.each([
  [['module.a', 'module.b'], 7],
  [['module.a', 'b'], 0],
  [['model.embed.weight', 'model.norm.weight'], 0], // a model without a head of its own
  [['model.model.norm.weight', 'model.lm_head.weight'], 6],
  [['_orig_mod.module.model.model.x', '_orig_mod.module.model.lm_head.weight'], 23],
  [[], 0],
])('wrappers around %j: %i characters', (names, length) => {
  expect(wrapperLength(names)).toBe(length);
});

test.skipIf(!hasData)(`a trained model of someone else: every tensor has the checksum that PyTorch gave its entry${withoutData}`, async () => {
  const source = join(dataFolder, 'models', 'slm4096_ckpt.pt');
  const path = join(dirname(put('slm/config.json', '{"model_type":"slm"}')), 'slm4096_ckpt.pt');
  copyFileSync(source, path);
  const { tensors, skipped } = await openCheckpoint(path);
  expect([...skipped]).toEqual([]);
  expect(tensors.get('tok_emb.weight')).toMatchObject({ shape: [54, 64], format: 'f32' });
  await using archive = await openFile(path);
  const checksums = new Map([...(await readZip(archive)).values()].map((entry) => [entry.offset, entry.crc32]));
  let values = 0;
  for (const tensor of tensors.values()) {
    expect(crc32(await readTensorBytes(tensor)), tensor.name).toBe(checksums.get(tensor.planes[0]!.offset));
    values += (await decodeTensor(tensor)).length;
  }
  expect(values).toBe(280704); // the sum of numel() over model_state in PyTorch;
});
