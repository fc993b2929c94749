// What is written against what torch.save and huggingface_hub wrote (fixtures/make/goldens/make-pytorch.py): the same bytes.
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../src/core/base/package-root.js';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { plannedFileBytes, tensorBytes, type PlannedFile, type TensorPlan } from '../../../src/core/checkpoints/planned-file.js';
import { pytorch } from '../../../src/core/checkpoints/pytorch.js';
import { decodeTensor, readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import { planShards } from '../../../src/core/checkpoints/weights-plan.js';
import type { Contents, LayoutOptions } from '../../../src/core/checkpoints/writer.js';
import { fillPlannedFile } from '../../support/fill-planned-file.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const folder = join(packageRoot(), 'fixtures', 'pytorch');
const put = temporaryFolder();

const layout = (contents: Partial<Contents>, options: LayoutOptions = {}): readonly PlannedFile[] =>
  pytorch.write!.layout({ config: {}, beside: new Map(), metadata: new Map(), tensors: [], ...contents }, options);

const bytesByName = async ({ tensors }: Checkpoint): Promise<ReadonlyMap<string, Uint8Array>> =>
  new Map(await Promise.all([...tensors.values()].map(async (tensor) => [tensor.name, await readTensorBytes(tensor)] as const)));

/** PyTorch ends with an entry of its own, a fingerprint, that nothing reads: everything before it, and the directory up to it. */
function withoutFingerprint(bytes: Buffer, prefix: string): { readonly entries: Buffer; readonly directory: Buffer } {
  const name = Buffer.from(`${prefix}/.data/serialization_id`);
  const local = bytes.indexOf(name);
  const directory = bytes.indexOf('PK\x01\x02');
  const [end, ofDirectory] = local < 0 ? [directory, bytes.indexOf('PK\x06\x06')] : [local - 30, bytes.lastIndexOf(name) - 46];
  return { entries: bytes.subarray(0, end), directory: bytes.subarray(directory, ofDirectory) };
}

test.each<[string, LayoutOptions, number]>([
  ['single', {}, 1],
  ['sharded', { splitBytes: 150 }, 4],
])('%s: byte for byte what PyTorch writes', async (name, options, files) => {
  const golden = join(folder, name);
  const checkpoint = await openCheckpoint(golden);
  const bytes = await bytesByName(checkpoint);
  const index = readdirSync(golden).find((file) => file.endsWith('.index.json'));
  // The index has the order in which the tensors were given; of one file, the file has.
  const order =
    index === undefined
      ? [...bytes.keys()]
      : Object.keys((JSON.parse(readFileSync(join(golden, index), 'utf8')) as { weight_map: object }).weight_map);
  const planned = layout({ config: checkpoint.config, tensors: order.map((tensor) => checkpoint.tensors.get(tensor)!) }, options);
  expect(planned.map((file) => file.name).sort()).toEqual(readdirSync(golden).sort());
  expect(planned.filter((file) => file.name.endsWith('.bin')).length).toBe(files);
  for (const file of planned) {
    const written = fillPlannedFile(file, (tensor) => bytes.get(tensor)!);
    const wanted = readFileSync(join(golden, file.name));
    if (!file.name.endsWith('.bin')) expect(JSON.parse(written.toString()), file.name).toEqual(JSON.parse(wanted.toString()));
    else {
      const prefix = file.name.slice(0, -4);
      expect(withoutFingerprint(written, prefix), file.name).toEqual(withoutFingerprint(wanted, prefix));
    }
  }
  expect(planned.find((file) => file.name === 'config.json')!.pieces).toEqual([{ kind: 'bytes', bytes: readFileSync(join(golden, 'config.json')) }]);
});

/** The file that the maker had PyTorch write: what lies before and after the values of its large tensor. */
const beyond = JSON.parse(readFileSync(join(folder, 'beyond-4-gib.json'), 'utf8')) as { front: string; back: string };
const front = Buffer.from(beyond.front, 'base64');
const back = Buffer.from(beyond.back, 'base64');
const large: TensorPlan = { name: 'large', shape: [2 ** 31 + 8], format: 'f16' };
const crcOfZeros = 0xc9eff1bd; // of the large tensor's 2^32 + 16 bytes, as PyTorch reckoned it

test('beyond 4 GiB: byte for byte what PyTorch writes, but for the values', () => {
  const planned = layout({
    tensors: [
      { name: 'before', shape: [3], format: 'f32' },
      large,
      { name: 'after', shape: [5], format: 'f32' },
      { name: 'empty', shape: [0], format: 'f32' },
    ],
  });
  const file = planned.find(({ name }) => name === 'pytorch_model.bin')!;
  const pieces = file.pieces.map((piece) =>
    piece.kind === 'late'
      ? { ...piece, make: (crc: (tensor: string) => number) => piece.make((tensor) => (tensor === 'large' ? crcOfZeros : crc(tensor))) }
      : piece,
  );
  const at = pieces.findIndex((piece) => piece.kind === 'tensor' && piece.tensor.name === 'large');
  const values = { before: new Float32Array(3), after: Float32Array.from([0, 1, 2, 3, 4]), empty: new Float32Array(0) };
  const data = (name: string): Uint8Array => new Uint8Array(values[name as keyof typeof values].buffer);
  const others = pieces.filter((_, index) => index !== at);
  const written = fillPlannedFile({ name: file.name, pieces: others }, data);
  const before = fillPlannedFile({ name: file.name, pieces: pieces.slice(0, at) }, data);
  expect(before.equals(front)).toBe(true);
  expect(plannedFileBytes(file)).toBe(written.length + 2 ** 32 + 16);
  expect(withoutFingerprint(written, 'pytorch_model')).toEqual(withoutFingerprint(Buffer.concat([front, back]), 'pytorch_model'));
});

test('beyond 4 GiB: what PyTorch wrote is read, values behind the large tensor too', async () => {
  const path = put('beyond/pytorch_model.bin', front);
  put('beyond/config.json', '{"model_type":"llama"}');
  const file = openSync(path, 'r+'); // a hole in place of the values
  ftruncateSync(file, front.length + 2 ** 32 + 16);
  writeSync(file, back, 0, back.length, front.length + 2 ** 32 + 16);
  closeSync(file);
  const { tensors } = await openCheckpoint(path);
  expect(tensors.get('large')).toMatchObject({ shape: large.shape, planes: [{ offset: front.length, length: 2 ** 32 + 16 }] });
  expect([...(await decodeTensor(tensors.get('after')!))]).toEqual([0, 1, 2, 3, 4]);
  expect(tensors.get('empty')).toMatchObject({ shape: [0], planes: [{ length: 0 }] });
});

test('what is written is read: sides of 0 and 1, more tensors than a pickle sets at a time, long names, files beside', async () => {
  const tensors: TensorPlan[] = [
    ...Array.from({ length: 1001 }, (_, index): TensorPlan => ({ name: `layers.${index}`, shape: [1, index % 3, 2], format: 'bf16' })),
    { name: '__proto__', shape: [], format: 'f32' },
    { name: 'größe'.repeat(60), shape: [2, 3, 4, 5], format: 'f16' },
  ];
  const bytes = (name: string): Uint8Array => {
    const plan = tensors.find((tensor) => tensor.name === name)!;
    return new Uint8Array(tensorBytes(plan)).fill(name.length);
  };
  const beside = new Map([['generation_config.json', Buffer.from('{"eos_token_id":7}')]]);
  const planned = layout({ config: { model_type: 'llama', vocab_size: 9 }, tensors, beside }, { splitTensors: 500 });
  expect(planned.filter(({ name }) => name.endsWith('.bin')).length).toBe(3);
  const paths = planned.map((file) => put(join('written', file.name), fillPlannedFile(file, bytes)));
  const read = await openCheckpoint(dirname(paths[0]!));
  expect(read).toMatchObject({ format: 'pytorch', generation: { eos: [7] }, config: { vocab_size: 9 } });
  expect([...read.tensors.values()].map(({ name, shape, format }) => ({ name, shape, format }))).toEqual(tensors);
  for (const tensor of read.tensors.values()) expect(Buffer.compare(await readTensorBytes(tensor), bytes(tensor.name)), tensor.name).toBe(0);
  expect([...read.tensors.values()].every(({ planes }) => planes[0]!.offset % 64 === 0)).toBe(true);
});

test('nothing to write is an empty dict, which is no model', async () => {
  const file = layout({}).find(({ name }) => name === 'pytorch_model.bin')!;
  put('empty/config.json', '{"a":1}');
  expect(
    await failure(
      openCheckpoint(
        put(
          'empty/pytorch_model.bin',
          fillPlannedFile(file, () => new Uint8Array()),
        ),
      ),
    ),
  ).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('no dict of tensors') as string,
  });
});

test('number formats that PyTorch has no element type for are refused by the tensor’s name', () => {
  expect(pytorch.write!.holds('q8-0')).toBe(false);
  expect(() => layout({ tensors: [{ name: 'a.weight', shape: [32], format: 'q8-0' }] })).toThrow(/^a\.weight: .*Q8_0/);
});

test('a tensor over the limit has a shard of its own', () => {
  const sized = (name: string, count: number): TensorPlan => ({ name, shape: [count], format: 'f32' });
  const shards = planShards('model.safetensors', [sized('a', 2), sized('b', 100), sized('c', 2), sized('d', 3)], { splitBytes: 20 });
  expect(shards.map(({ name, tensors }) => [name, tensors.map((tensor) => tensor.name)])).toEqual([
    ['model-00001-of-00003.safetensors', ['b']],
    ['model-00002-of-00003.safetensors', ['a', 'c']],
    ['model-00003-of-00003.safetensors', ['d']],
  ]);
  expect(planShards('model.safetensors', [sized('b', 100)], { splitBytes: 20 }).map(({ name }) => name)).toEqual(['model.safetensors']);
});
