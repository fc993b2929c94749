// Files that others made: the fixtures of the families (PyTorch and gguf-py wrote them), and trained models where they lie beside the checkout.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../src/core/base/package-root.js';
import type { Checkpoint, Tensor } from '../../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import { failure } from '../../support/hostile-files.js';

const families = join(packageRoot(), 'fixtures', 'families');
const withBoth = readdirSync(families).filter((name) =>
  ['model.gguf', 'model.safetensors', 'config.json'].every((file) => existsSync(join(families, name, file))),
);

test.each(withBoth)('%s: the GGUF and the folder hold the same token embedding, byte for byte', async (name) => {
  const [folder, gguf] = await Promise.all([openCheckpoint(join(families, name)), openCheckpoint(join(families, name, 'model.gguf'))]);
  const embedding = [...folder.tensors.values()].find((tensor) => /(embed_tokens|wte|embeddings?)\.weight$/.test(tensor.name))!;
  const same = gguf.tensors.get('token_embd.weight')!;
  expect({ shape: same.shape, format: same.format }).toEqual({ shape: embedding.shape, format: embedding.format });
  expect(Buffer.compare(await readTensorBytes(same), await readTensorBytes(embedding))).toBe(0);
});

const data = process.env['LLMX_TEST_DATA'] ?? join(packageRoot(), '..', 'shared', 'data');
const models = join(data, 'models');
const tokenizers = join(data, 'tokenizers');

/** GGUF's name for a tensor of llama2.c. */
function ggufName(name: string): string {
  const other = { 'tok_embeddings.weight': 'token_embd.weight', 'norm.weight': 'output_norm.weight', 'output.weight': 'output.weight' }[name];
  const [, layer, part] = /^layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
  const parts: Readonly<Record<string, string>> = {
    'attention.wq': 'attn_q',
    'attention.wk': 'attn_k',
    'attention.wv': 'attn_v',
    'attention.wo': 'attn_output',
    'feed_forward.w1': 'ffn_gate',
    'feed_forward.w2': 'ffn_down',
    'feed_forward.w3': 'ffn_up',
    attention_norm: 'attn_norm',
    ffn_norm: 'ffn_norm',
  };
  return other ?? `blk.${layer}.${parts[part!]}.weight`;
}

async function expectSameBytes(left: Checkpoint, right: Checkpoint, rename: (name: string) => string): Promise<void> {
  for (const tensor of left.tensors.values()) {
    const other: Tensor | undefined = right.tensors.get(rename(tensor.name));
    expect(other?.shape, tensor.name).toEqual(tensor.shape);
    expect(Buffer.compare(await readTensorBytes(tensor), await readTensorBytes(other!)), tensor.name).toBe(0);
  }
}

describe.skipIf(!existsSync(models))('trained models (LLMX_TEST_DATA)', () => {
  const open = (name: string): Promise<Checkpoint> => openCheckpoint(join(models, name));

  test('stories260K: version 0 and version 1 of llama2.c are the same tensors', async () => {
    await expectSameBytes(await open('stories260K.bin'), await open('stories260K_v1.bin'), (name) => name);
  });

  test('stories260K: llama2.c and GGUF are the same tensors (both rotate pairs, so queries and keys too)', async () => {
    await expectSameBytes(await open('stories260K.bin'), await open('stories260K.gguf'), ggufName);
  });

  test('stories260K: the tokenizer beside it is the one in the GGUF', async () => {
    const [bin, gguf] = [(await open('stories260K.bin')).tokenizer, (await open('stories260K.gguf')).tokenizer];
    expect({ ...bin, file: '' }).toEqual({ ...gguf, file: '' });
    expect(bin?.kind === 'sentencepiece' && bin.pieces.length).toBe(512);
  });

  test.each([
    ['tiny-rwkv-4v0-660K-FP32.bin', /older than GGUF/],
    ['slm4096_corpus.txt', /not a checkpoint/],
    ['tok512.bin', /not a checkpoint/],
    ['expected-logits-4v0-660K.bin', /not a checkpoint/],
  ])('%s is refused, and the reason is clear', async (name, reason) => {
    expect(await failure(open(name))).toMatchObject({ code: 'unsupported', message: expect.stringMatching(reason) as string });
  });
});

describe.skipIf(!existsSync(tokenizers))('vocabularies (LLMX_TEST_DATA)', () => {
  test.each([
    ['gpt-2', 'byte-bpe', 50257],
    ['llama-spm', 'sentencepiece', 32000],
    ['phi-3', 'sentencepiece', 32064],
    ['deepseek-coder', 'byte-bpe', 32256],
    ['falcon', 'byte-bpe', 65024],
    ['bert-bge', undefined, undefined],
  ])('ggml-vocab-%s.gguf', async (name, kind, size) => {
    const { tokenizer, tokenizerProblem } = await openCheckpoint(join(tokenizers, `ggml-vocab-${name}.gguf`));
    expect(tokenizer?.kind).toBe(kind);
    if (tokenizer && tokenizer.kind !== 'tokenizer-json') expect(tokenizer.pieces.length).toBe(size);
    else expect(tokenizerProblem).toMatch(/bert/);
  });
});
