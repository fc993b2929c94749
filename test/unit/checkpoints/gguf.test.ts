// GGUF: what an honest file gives, whole and split, by hand-made bytes and through the writer.
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import type { GgufValue } from '../../../src/core/checkpoints/gguf-value.js';
import { ggufHeader, writeGguf } from '../../../src/core/checkpoints/gguf-writer.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor, readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import { array, entry, f32, floats, ggufBytes, honestGgufParts, i32, pair, text, type, u32, vocabularyPairs } from '../../support/hostile-bytes.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const put = temporaryFolder();
const openBytes = (name: string, parts: Parameters<typeof ggufBytes>[0]): Promise<Checkpoint> => openCheckpoint(put(name, ggufBytes(parts)));

test('reads every metadata type', async () => {
  const { config, format, dialect } = await openBytes('types.gguf', honestGgufParts);
  expect({ format, dialect }).toEqual({ format: 'gguf', dialect: 'gguf' });
  expect(config).toEqual({
    'general.architecture': 'llama',
    'x.u8': 200,
    'x.i8': -128,
    'x.u16': 65535,
    'x.i16': -1,
    'x.u32': 4294967295,
    'x.i32': -7,
    'x.f32': 0.5,
    'x.bool': true,
    'x.u64': 2 ** 40,
    'x.wide': '18446744073709551615',
    'x.i64': -3,
    'x.f64': 0.1,
    'x.array': [1, 2, 3],
    'tokenizer.ggml.model': 'llama',
  });
});

test('lists tensors with their places, and names those that it cannot decode', async () => {
  const checkpoint = await openBytes('tensors.gguf', honestGgufParts);
  const start = checkpoint.files[0]!.bytes - honestGgufParts.data.length;
  const { path } = checkpoint;
  expect([...checkpoint.tensors.values()]).toEqual([
    { name: 'a.weight', shape: [2, 32], format: 'f32', planes: [{ file: path, offset: start, length: 256 }] },
    { name: 'b.weight', shape: [32], format: 'q8-0', planes: [{ file: path, offset: start + 256, length: 34 }] },
  ]);
  expect([...checkpoint.skipped]).toEqual([['c.weight', 'IQ2_XXS']]);
  expect(await readTensorBytes(checkpoint.tensors.get('a.weight')!)).toEqual(new Uint8Array(floats(64)));
  expect([...(await decodeTensor(checkpoint.tensors.get('b.weight')!))]).toEqual(new Array(32).fill(3 * Math.fround(771 * 2 ** -24)));
});

test('version 2 has the same layout', async () => {
  expect((await openBytes('v2.gguf', { ...honestGgufParts, version: 2 })).tensors.size).toBe(2);
});

test('keeps another alignment', async () => {
  const parts = {
    alignment: 64,
    pairs: [pair('general.alignment', type.u32, u32(64))],
    entries: [entry('a', [8], 0, 0), entry('b', [8], 0, 64)],
    data: Buffer.alloc(96),
  };
  const { tensors } = await openBytes('aligned.gguf', parts);
  expect(tensors.get('b')!.planes[0]!.offset % 64).toBe(0);
});

test('makes a SentencePiece vocabulary of model llama', async () => {
  const { tokenizer, generation } = await openBytes('llama.gguf', {
    pairs: [
      ...vocabularyPairs,
      pair('tokenizer.ggml.eot_token_id', type.u32, u32(4)),
      pair('tokenizer.ggml.add_space_prefix', type.bool, Buffer.from([0])),
      pair('general.sampling.temp', type.f32, f32(0.5)),
    ],
  });
  expect(tokenizer).toEqual({
    file: expect.stringMatching(/llama\.gguf$/) as string,
    kind: 'sentencepiece',
    pieces: ['<unk>', '<s>', '</s>', '▁a', 'b'],
    scores: [0, 0, 0, -1, -2],
    types: ['unknown', 'control', 'control', 'normal', 'normal'],
    special: { bos: 1, eos: 2, unknown: 0, addBos: true, addEos: false },
    addSpacePrefix: false,
  });
  expect(generation).toEqual({ bos: 1, eos: [2, 4], temperature: 0.5 });
});

const byteLevel = (pre: string, ...more: Buffer[]): Parameters<typeof ggufBytes>[0] => ({
  pairs: [
    pair('tokenizer.ggml.model', type.string, text('gpt2')),
    pair('tokenizer.ggml.pre', type.string, text(pre)),
    pair('tokenizer.ggml.tokens', type.array, array(type.string, 3, text('a'), text('b'), text('ab'))),
    pair('tokenizer.ggml.bos_token_id', type.u32, u32(0xffffffff)),
    pair('tokenizer.ggml.eos_token_id', type.u32, u32(2)),
    ...more,
  ],
});
const merges = pair('tokenizer.ggml.merges', type.array, array(type.string, 1, text('a b')));

test('makes a byte-level vocabulary of model gpt2; an id of -1 counts as absent', async () => {
  const { tokenizer, generation } = await openBytes('gpt2.gguf', byteLevel('gpt-2', merges));
  expect(tokenizer).toEqual({
    file: expect.stringMatching(/gpt2\.gguf$/) as string,
    kind: 'byte-bpe',
    pieces: ['a', 'b', 'ab'],
    merges: ['a b'],
    types: ['normal', 'normal', 'normal'],
    special: { eos: 2, addBos: false, addEos: false },
    preTokenizer: 'gpt-2',
  });
  expect(generation).toEqual({ eos: [2] });
});

test('takes the beginning mark from the pre-tokenizer where the file does not say', async () => {
  const marked = await openBytes('llama3.gguf', byteLevel('llama-bpe', merges));
  const said = await openBytes('said.gguf', byteLevel('llama-bpe', merges, pair('tokenizer.ggml.add_bos_token', type.bool, Buffer.from([0]))));
  expect([marked, said].map(({ tokenizer }) => tokenizer?.kind === 'byte-bpe' && tokenizer.special.addBos)).toEqual([true, false]);
});

test('says why there is no tokenizer', async () => {
  expect((await openBytes('none.gguf', {})).tokenizerProblem).toMatch(/carries no vocabulary/);
  expect((await openBytes('bert.gguf', { pairs: [pair('tokenizer.ggml.model', type.string, text('bert'))] })).tokenizerProblem).toMatch(
    /of the kind "bert"/,
  );
  expect((await openBytes('merges.gguf', byteLevel('gpt-2'))).tokenizerProblem).toMatch(/without its merges/);
});

test('broken UTF-8 in a piece is replaced, in a key it is an error', async () => {
  const broken = Buffer.from([0x61, 0xff]);
  const { tokenizer } = await openBytes('piece.gguf', {
    pairs: [vocabularyPairs[0]!, pair('tokenizer.ggml.tokens', type.array, array(type.string, 1, text(broken)))],
  });
  expect(tokenizer?.kind === 'sentencepiece' && tokenizer.pieces).toEqual(['a\ufffd']);
  expect(await failure(openBytes('key.gguf', { pairs: [pair(broken, type.u8, Buffer.from([1]))] }))).toMatchObject({ code: 'malformed' });
});

const splitPairs = (part: number, count: number, total: number): Buffer[] => [
  pair('split.no', type.u16, Buffer.from([part, 0])),
  pair('split.count', type.u16, Buffer.from([count, 0])),
  pair('split.tensors.count', type.i32, i32(total)),
];
const putPart = (folder: string, part: number, count: number, total: number, names: readonly string[]): string =>
  put(
    join(folder, `m-0000${part + 1}-of-0000${count}.gguf`),
    ggufBytes({
      pairs: [...splitPairs(part, count, total), ...(part === 0 ? [pair('general.architecture', type.string, text('llama'))] : [])],
      entries: names.map((name, index) => entry(name, [8], 0, 32 * index)),
      data: Buffer.alloc(32 * names.length),
    }),
  );

test('joins the parts of a split file', async () => {
  const path = putPart('split', 0, 3, 4, ['a']);
  putPart('split', 1, 3, 4, ['b', 'c']);
  putPart('split', 2, 3, 4, ['d']);
  const { tensors, files, config } = await openCheckpoint(path);
  expect([...tensors.keys()]).toEqual(['a', 'b', 'c', 'd']);
  expect(files.length).toBe(3);
  expect(basename(tensors.get('c')!.planes[0]!.file)).toBe('m-00002-of-00003.gguf');
  expect(config['general.architecture']).toBe('llama');
});

test('refuses parts that do not fit', async () => {
  const missing = putPart('missing', 0, 2, 2, ['a']);
  expect(await failure(openCheckpoint(missing))).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('m-00002-of-00002.gguf') as string,
  });
  const later = putPart('missing', 1, 2, 2, ['b']);
  expect(await failure(openCheckpoint(later))).toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('m-00001-of-00002.gguf') as string,
  });
  const short = putPart('count', 0, 2, 5, ['a']);
  putPart('count', 1, 2, 5, ['b']);
  expect(await failure(openCheckpoint(short))).toMatchObject({
    code: 'malformed',
    message: expect.stringContaining('split.tensors.count is 5') as string,
  });
  const twice = putPart('twice', 0, 2, 2, ['a']);
  putPart('twice', 1, 2, 2, ['a']);
  expect(await failure(openCheckpoint(twice))).toMatchObject({ code: 'malformed' });
});

test('what the writer writes reads back, aligned and padded', async () => {
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['x.count', { type: 'u64', value: 7 }],
    ['x.flags', { type: 'array', of: 'bool', value: [true, false] }],
    ['x.names', { type: 'array', of: 'string', value: ['é', ''] }],
  ]);
  const tensors = [
    { name: 'a', shape: [3, 32], format: 'q4-0' as const },
    { name: 'b', shape: [5], format: 'f16' as const },
  ];
  const path = put('written.gguf', '');
  const bytes = await writeGguf(path, { metadata, tensors, alignment: 64 }, (plan) =>
    plan.name === 'a' ? [new Uint8Array(40).fill(1), new Uint8Array(14).fill(2)] : [new Uint8Array(10).fill(3)],
  );
  const read = await openCheckpoint(path);
  expect(read.config).toEqual({
    'general.architecture': 'llama',
    'x.count': 7,
    'x.flags': [true, false],
    'x.names': ['é', ''],
    'general.alignment': 64,
  });
  expect(read.files).toEqual([{ path, bytes }]);
  expect(
    [...read.tensors.values()].map(({ shape, format, planes }) => ({ shape, format, rest: planes[0]!.offset % 64, length: planes[0]!.length })),
  ).toEqual([
    { shape: [3, 32], format: 'q4-0', rest: 0, length: 54 },
    { shape: [5], format: 'f16', rest: 0, length: 10 },
  ]);
  expect([...(await readTensorBytes(read.tensors.get('a')!))]).toEqual([...new Array<number>(40).fill(1), ...new Array<number>(14).fill(2)]);
});

test('the writer refuses what the container cannot hold, and leaves nothing behind', async () => {
  const plan = (format: 'q8-0' | 'int8-group-32', side: number) => ({ metadata: new Map(), tensors: [{ name: 'a', shape: [side], format }] });
  expect(() => ggufHeader(plan('q8-0', 33))).toThrow(/rows of 33 values/);
  expect(() => ggufHeader(plan('int8-group-32', 32))).toThrow(/GGUF has no type for INT8_G32/);
  const path = join(dirname(put('x', '')), 'short.gguf');
  expect(await failure(writeGguf(path, plan('q8-0', 32), () => [new Uint8Array(33)]))).toMatchObject({
    message: expect.stringContaining('33 bytes, 34 were planned') as string,
  });
  expect(await failure(openCheckpoint(path))).toMatchObject({ code: 'not-found' });
  expect(await failure(openCheckpoint(`${path}.partial`))).toMatchObject({ code: 'not-found' });
});
