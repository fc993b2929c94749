// llama2.c files of the three versions, with counting floats in them so that a value tells its place; and their tokenizers.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor, streamTensor } from '../../../src/core/checkpoints/read-tensor.js';
import { honestLlama2c as fields, llama2cBytes, llama2cTokenizerBytes } from '../../support/hostile-bytes.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const put = temporaryFolder();
const names = (shared: boolean) => [
  ...['tok_embeddings.weight', 'norm.weight', ...(shared ? [] : ['output.weight'])],
  ...[0, 1].flatMap((layer) =>
    [
      'attention.wq',
      'attention.wk',
      'attention.wv',
      'attention.wo',
      'feed_forward.w1',
      'feed_forward.w2',
      'feed_forward.w3',
      'attention_norm',
      'ffn_norm',
    ].map((name) => `layers.${layer}.${name}.weight`),
  ),
];

test.each([0, 1, 2] as const)('version %i: header, names and shapes', async (version) => {
  for (const shared of [true, false]) {
    const { config, tensors, dialect } = await openCheckpoint(put(`v${version}-${shared}.bin`, llama2cBytes(version, fields, { shared })));
    expect(dialect).toBe('llama2c');
    expect(config).toEqual({
      version,
      dim: 64,
      hidden_dim: 64,
      n_layers: 2,
      n_heads: 4,
      n_kv_heads: 2,
      vocab_size: 5,
      max_seq_len: 8,
      shared_classifier: shared,
      ...(version === 2 ? { group_size: 64 } : {}),
    });
    expect([...tensors.keys()].sort()).toEqual(names(shared).sort());
    expect(tensors.get('layers.1.attention.wk.weight')!.shape).toEqual([32, 64]);
    expect(tensors.get('tok_embeddings.weight')!.shape).toEqual([5, 64]);
  }
});

test('version 0: every layer has its slice, and the tables of angles are passed over', async () => {
  const { tensors } = await openCheckpoint(put('places0.bin', llama2cBytes(0, fields, { shared: false })));
  const first = async (name: string) => (await decodeTensor(tensors.get(name)!))[0];
  const [embeddings, norms, square, narrow] = [5 * 64, 2 * 64, 64 * 64, 32 * 64];
  expect(await first('tok_embeddings.weight')).toBe(0);
  expect(await first('layers.1.attention_norm.weight')).toBe(embeddings + 64);
  expect(await first('layers.1.attention.wk.weight')).toBe(embeddings + norms + 2 * square + narrow);
  const mlp = embeddings + norms + 4 * square + 4 * narrow + norms;
  expect(await first('layers.0.feed_forward.w3.weight')).toBe(mlp + 4 * square);
  expect(await first('norm.weight')).toBe(mlp + 6 * square);
  expect(await first('output.weight')).toBe(mlp + 6 * square + 64 + (2 * (8 * 16)) / 2);
});

test('version 2: codes, then scales, of each matrix', async () => {
  const { tensors } = await openCheckpoint(put('places2.bin', llama2cBytes(2, fields)));
  const { format, planes } = tensors.get('layers.0.attention.wq.weight')!;
  const start = 256 + 5 * 64 * 4 + 5 * 64 + 5 * 4; // header, norms, embeddings' codes and scales
  expect({ format, planes: planes.map(({ offset, length }) => ({ offset, length })) }).toEqual({
    format: 'int8-group-64',
    planes: [
      { offset: start, length: 4096 },
      { offset: start + 4096, length: 256 },
    ],
  });
  expect(tensors.get('norm.weight')!.format).toBe('f32');
  const values: number[] = [];
  for await (const chunk of streamTensor(tensors.get('layers.0.attention.wk.weight')!, { chunkValues: 100 })) values.push(...chunk.values);
  expect(values).toEqual(new Array(2048).fill(new Float32Array(Uint8Array.of(1, 1, 1, 1).buffer)[0]));
  expect((await openCheckpoint(put('group32.bin', llama2cBytes(2, fields, { group: 32 })))).tensors.get('tok_embeddings.weight')!.format).toBe(
    'int8-group-32',
  );
  expect(await failure(openCheckpoint(put('group16.bin', llama2cBytes(2, fields, { group: 16 }))))).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('group size of 16') as string,
  });
});

test('takes the tokenizer beside it that fits, or says why none does', async () => {
  const model = put('beside/model.bin', llama2cBytes(1, fields));
  const none = await openCheckpoint(model);
  expect(none.tokenizer).toBeUndefined();
  expect(none.tokenizerProblem).toMatch(/no tokenizer beside .* fits its vocabulary of 5$/);
  put('beside/tok7.bin', llama2cTokenizerBytes(7));
  put('beside/tokens.bin', 'no tokenizer');
  expect((await openCheckpoint(model)).tokenizerProblem).toMatch(/\(tok7.bin has 7, tokens.bin is no tokenizer\)$/);
  put('beside/tokenizer.bin', llama2cTokenizerBytes(5));
  const found = await openCheckpoint(model);
  expect(found.tokenizerProblem).toBeUndefined();
  expect(found.tokenizer?.kind === 'sentencepiece' && found.tokenizer.pieces.length).toBe(5);
  const told = await openCheckpoint(put('alone/model.bin', llama2cBytes(1, fields)), { tokenizer: join(model, '..', 'tokenizer.bin') });
  expect(told.tokenizer?.kind).toBe('sentencepiece');
  expect('tokenizerProblem' in told).toBe(false);
});

test('a file of another size is told both sizes', async () => {
  const whole = llama2cBytes(0, fields);
  expect(await failure(openCheckpoint(put('cut.bin', whole.subarray(0, whole.length - 4))))).toMatchObject({
    code: 'malformed',
    message: expect.stringContaining(`it needs ${whole.length} bytes, the file has ${whole.length - 4}`) as string,
  });
});
