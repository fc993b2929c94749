// Hugging Face folders: weights in one file and in shards, and what lies beside them.
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor } from '../../../src/core/checkpoints/read-tensor.js';
import { readSafetensorsFile } from '../../../src/core/checkpoints/safetensors-file.js';
import { writeSafetensors } from '../../../src/core/checkpoints/safetensors-writer.js';
import { honestSafetensorsData, honestSafetensorsHeader, safetensorsBytes, vocabularyPairs, ggufBytes } from '../../support/hostile-bytes.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const put = temporaryFolder();
const honest = safetensorsBytes(honestSafetensorsHeader, honestSafetensorsData);

/** A folder with config.json, weights and more; returns its path. */
function folderWith(name: string, files: Readonly<Record<string, string | Uint8Array | object>> = {}): string {
  const all = { 'config.json': { model_type: 'llama' }, 'model.safetensors': honest, ...files };
  for (const [file, contents] of Object.entries(all))
    put(join(name, file), typeof contents === 'string' || contents instanceof Uint8Array ? contents : JSON.stringify(contents));
  return dirname(put(join(name, 'README.md'), ''));
}

test('lists tensors with their places; what llmx cannot decode is named', async () => {
  const folder = folderWith('plain');
  const checkpoint = await openCheckpoint(folder);
  const path = join(folder, 'model.safetensors');
  const start = honest.length - honestSafetensorsData.length;
  expect(checkpoint).toMatchObject({
    format: 'safetensors',
    dialect: 'huggingface',
    path: folder,
    files: [{ path, bytes: honest.length }],
    config: { model_type: 'llama' },
  });
  expect([...checkpoint.tensors.values()]).toEqual([
    { name: 'a', shape: [2, 4], format: 'f32', planes: [{ file: path, offset: start, length: 32 }] },
    { name: 'b', shape: [3], format: 'bf16', planes: [{ file: path, offset: start + 32, length: 6 }] },
    { name: 'scalar', shape: [], format: 'f32', planes: [{ file: path, offset: start + 40, length: 4 }] },
    { name: 'empty', shape: [0, 4], format: 'f32', planes: [{ file: path, offset: start + 44, length: 0 }] },
  ]);
  expect([...checkpoint.skipped]).toEqual([['mask', 'BOOL']]);
  expect(await decodeTensor(checkpoint.tensors.get('a')!)).toEqual(Float32Array.from({ length: 8 }, (_, index) => Math.sin(index)));
  expect([...(await decodeTensor(checkpoint.tensors.get('empty')!))]).toEqual([]);
});

const shard = (name: string, value: number) =>
  safetensorsBytes({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.from(Float32Array.of(value).buffer));

/** A folder whose index has `map` for its weight_map; returns its path. */
function shardFolder(name: string, map: Readonly<Record<string, string>>, shards: Readonly<Record<string, Uint8Array>>): string {
  for (const [file, bytes] of Object.entries(shards)) put(join(name, file), bytes);
  put(join(name, 'config.json'), '{"model_type":"llama"}');
  return dirname(put(join(name, 'model.safetensors.index.json'), JSON.stringify({ metadata: { total_size: 8 }, weight_map: map })));
}

const two = { 'model-00001-of-00002.safetensors': shard('a', 1), 'model-00002-of-00002.safetensors': shard('b', 2) };
const twoMap = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' };

test('joins shards by their index, also when a shard is named', async () => {
  const folder = shardFolder('shards', twoMap, two);
  for (const path of [folder, join(folder, 'model-00002-of-00002.safetensors'), join(folder, 'model.safetensors.index.json')]) {
    const { tensors, files } = await openCheckpoint(path);
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(files.length).toBe(2);
    expect([...(await decodeTensor(tensors.get('b')!))]).toEqual([2]);
  }
});

test.each([
  ['a tensor that its shard lacks', { ...twoMap, c: 'model-00001-of-00002.safetensors' }, two, 'malformed', '"c" is missing'],
  ['a shard that does not exist', { a: 'model-00009-of-00009.safetensors' }, two, 'not-found', 'model-00009'],
  [
    'a tensor in two shards',
    twoMap,
    {
      ...two,
      'model-00002-of-00002.safetensors': safetensorsBytes(
        { a: { dtype: 'U8', shape: [0], data_offsets: [0, 0] }, b: { dtype: 'U8', shape: [0], data_offsets: [0, 0] } },
        Buffer.alloc(0),
      ),
    },
    'malformed',
    '"a" stands in an earlier shard',
  ],
  ...['../evil.safetensors', '/etc/passwd', 'a/../../b.safetensors', 'C:\\x', '..\\x', './x', '', 'a\0b'].map(
    (file) => [`a shard at ${JSON.stringify(file)}`, { a: file }, two, 'malformed', 'not a name inside the folder'] as const,
  ),
] as const)('refuses an index with %s', async (name, map, shards, code, message) => {
  const folder = shardFolder(`index ${name.replace(/[^a-z]+/gi, ' ')}${Math.abs(name.length)}`, map, shards as Readonly<Record<string, Uint8Array>>);
  expect(await failure(openCheckpoint(folder))).toMatchObject({ code, message: expect.stringContaining(message) as string });
});

test('takes defaults from generation_config.json, then from config.json', async () => {
  const generation = async (name: string, files: Readonly<Record<string, object>>) => (await openCheckpoint(folderWith(name, files))).generation;
  expect(
    await generation('g1', {
      'generation_config.json': { bos_token_id: 5, eos_token_id: [6, 7], do_sample: true, temperature: 0.6, top_k: 20, top_p: 0.95 },
    }),
  ).toEqual({ bos: 5, eos: [6, 7], temperature: 0.6, topK: 20, topP: 0.95 });
  expect(await generation('g2', { 'config.json': { bos_token_id: 1, eos_token_id: 2 } })).toEqual({ bos: 1, eos: [2] });
  expect(
    await generation('g3', {
      'config.json': { bos_token_id: 1, eos_token_id: null },
      'generation_config.json': { eos_token_id: 9, do_sample: false, temperature: 0.6 },
    }),
  ).toEqual({ bos: 1, eos: [9] });
  expect(await generation('g4', {})).toEqual({ eos: [] });
});

test('ids that the vocabulary does not have are left out, with the reason', async () => {
  const path = folderWith('g5', {
    'config.json': { vocab_size: 100, bos_token_id: 100, eos_token_id: 7 },
    'generation_config.json': { eos_token_id: [-1, 99, 50256], temperature: 1e999 },
  });
  expect((await openCheckpoint(path)).generation).toEqual({
    eos: [99],
    dropped: [
      `${join(path, 'config.json')}: bos_token_id 100 is left out: the vocabulary has 100 ids`,
      `${join(path, 'generation_config.json')}: eos_token_id 50256 is left out: the vocabulary has 100 ids`,
    ],
  });
});

test.each([
  ['config.json', 'bos_token_id', '1'],
  ['config.json', 'eos_token_id', 1.5],
  ['config.json', 'eos_token_id', true],
  ['config.json', 'bos_token_id', -2],
  ['generation_config.json', 'eos_token_id', 2 ** 31],
  ['generation_config.json', 'eos_token_id', [1, [2]]],
  ['generation_config.json', 'bos_token_id', {}],
])('an id that is none is refused: %s, %s %j', async (file, field, value) => {
  const path = folderWith(`id ${file} ${field} ${JSON.stringify(value).replace(/\W+/g, '-')}`, { [file]: { [field]: value } });
  const message = new RegExp(`${file}: ${field} is .*, not a whole number below 2147483648$`);
  expect(await failure(openCheckpoint(path))).toMatchObject({ code: 'malformed', message: expect.stringMatching(message) as string });
});

test('finds the chat template in each of its places', async () => {
  const template = async (name: string, files: Readonly<Record<string, string | object>>) =>
    (await openCheckpoint(folderWith(name, files))).chatTemplate;
  expect(await template('t0', {})).toBeUndefined();
  expect(await template('t1', { 'tokenizer_config.json': { chat_template: 'in config' } })).toBe('in config');
  expect(
    await template('t2', {
      'tokenizer_config.json': {
        chat_template: [
          { name: 'tool_use', template: 'no' },
          { name: 'default', template: 'yes' },
        ],
      },
    }),
  ).toBe('yes');
  expect(await template('t3', { 'tokenizer_config.json': { chat_template: 'no' }, 'chat_template.json': { chat_template: 'json' } })).toBe('json');
  expect(await template('t4', { 'tokenizer_config.json': { chat_template: 'no' }, 'chat_template.jinja': '{{ jinja }}' })).toBe('{{ jinja }}');
});

test('reads tokenizer.json with its config, and takes another file when told', async () => {
  const folder = folderWith('tokenizer', { 'tokenizer.json': { model: { type: 'BPE' } }, 'tokenizer_config.json': { bos_token: '<s>' } });
  expect((await openCheckpoint(folder)).tokenizer).toEqual({
    kind: 'tokenizer-json',
    file: join(folder, 'tokenizer.json'),
    tokenizer: { model: { type: 'BPE' } },
    config: { bos_token: '<s>' },
  });
  const other = put('other.gguf', ggufBytes({ pairs: vocabularyPairs }));
  expect((await openCheckpoint(folder, { tokenizer: other })).tokenizer?.kind).toBe('sentencepiece');
  const bare = await openCheckpoint(folderWith('bare', { 'vocab.json': '{}' }));
  expect(bare.tokenizer).toBeUndefined();
  expect(bare.tokenizerProblem).toMatch(/neither tokenizer.json nor tokenizer.model; vocab.json alone is not read/);
});

test('a folder that lacks something is told what', async () => {
  const noConfig = dirname(put('no-config/model.safetensors', honest));
  expect(await failure(openCheckpoint(noConfig))).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('config.json is missing') as string,
  });
  const noWeights = dirname(put('no-weights/config.json', '{"a":1}'));
  expect(await failure(openCheckpoint(noWeights))).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('weights (model.safetensors) missing') as string,
  });
  put('only-gguf/m.gguf', 'x');
  expect(await failure(openCheckpoint(dirname(put('only-gguf/a.txt', ''))))).toMatchObject({
    message: expect.stringContaining('config.json and weights') as string,
    hint: expect.stringContaining('m.gguf') as string,
  });
  put('torch/pytorch_model.bin', 'x');
  expect(await failure(openCheckpoint(dirname(put('torch/config.json', '{"a":1}'))))).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('pytorch_model.bin') as string,
  });
});

test('what the writer writes reads back: aligned, widest first', async () => {
  const path = put('written/model.safetensors', '');
  const tensors = [
    { name: 'half', shape: [3], format: 'f16' as const },
    { name: 'b', shape: [2], format: 'f32' as const },
    { name: 'a', shape: [], format: 'f32' as const },
  ];
  const bytes = await writeSafetensors(path, { tensors, metadata: { made: 'by llmx' } }, ({ name }) => [
    new Uint8Array(name === 'half' ? 6 : name === 'b' ? 8 : 4).fill(name.charCodeAt(0)),
  ]);
  const read = await readSafetensorsFile(path);
  expect(read).toMatchObject({ bytes, metadata: { made: 'by llmx' } });
  expect([...read.tensors.keys()]).toEqual(['a', 'b', 'half']);
  expect([...read.tensors.values()].map(({ planes }) => planes[0]!.offset % 4)).toEqual([0, 0, 0]);
  expect(await failure(writeSafetensors(path, { tensors: [{ name: 'q', shape: [32], format: 'q8-0' }] }, () => []))).toMatchObject({
    code: 'unsupported',
  });
});

test('a Git LFS pointer is told what it is, wherever it lies', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n';
  const pointed = { code: 'unsupported', message: expect.stringContaining('a Git LFS pointer') as string };
  expect(await failure(openCheckpoint(folderWith('lfs', { 'model.safetensors': pointer })))).toMatchObject(pointed);
  expect(await failure(openCheckpoint(put('lfs.gguf', pointer)))).toMatchObject(pointed);
  expect(await failure(openCheckpoint(put('lfs.bin', pointer)))).toMatchObject(pointed);
});
