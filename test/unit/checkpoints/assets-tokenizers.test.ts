// Every vocabulary there is, from its source to GGUF keys, Hugging Face files and tokenizer.bin and back: the same ids for every text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import { ggufVocabulary, huggingfaceFiles, llama2cTokenizer } from '../../../src/core/checkpoints/assets/index.js';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { byteCharacters } from '../../../src/core/text/byte-alphabet.js';
import { readLlama2cTokenizer } from '../../../src/core/text/llama2c-tokenizer.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { preTokenizerName } from '../../../src/core/text/pre-tokenizer-name.js';
import { preTokenizers, type PreTokenizer } from '../../../src/core/text/pre-tokenizers.js';
import { tokenizerJsonOf } from '../../../src/core/text/tokenizer-json-writer.js';
import { dataFolder } from '../../support/data.js';
import { firstDifference, openFolder, openGguf, tokenizerOf } from '../../support/vocabularies.js';
import { missingData, noMarks, readJson } from '../text/support.js';

const fixtures = join(import.meta.dirname, '../../../fixtures');
const data = (name: string): string => join(dataFolder, name);

interface Row {
  readonly name: string;
  /** Files beside the checkout that it needs. */
  readonly needs?: readonly string[];
  readonly open: () => Promise<Checkpoint>;
}

const fixtureNames = ['bpe-gpt2', 'bpe-llama3', 'bpe-qwen2'];
const real = (name: string, file: string, open: (path: string) => Promise<Checkpoint> = openCheckpoint): Row => ({
  name,
  needs: [file],
  open: () => open(data(file)),
});
const rows: readonly Row[] = [
  ...[...fixtureNames, 'spm-bpe'].map((name): Row => ({
    name: `${name}.gguf`,
    open: () => openCheckpoint(join(fixtures, `tokenizers/${name}.gguf`)),
  })),
  ...fixtureNames.map((name): Row => ({
    name: `${name}.tokenizer.json`,
    open: () => openFolder([['tokenizer.json', readFileSync(join(fixtures, `tokenizers/${name}.tokenizer.json`))]]),
  })),
  { name: 'spm-bpe.model', open: () => openFolder([['tokenizer.model', readFileSync(join(fixtures, 'tokenizers/spm-bpe.model'))]]) },
  { name: 'storyteller folder', open: () => openCheckpoint(join(fixtures, 'storyteller/f16')) },
  { name: 'storyteller GGUF', open: () => openCheckpoint(join(fixtures, 'storyteller/storyteller-q8_0.gguf')) },
  ...['gpt-2', 'llama-spm', 'phi-3', 'deepseek-coder', 'falcon'].map((name) => real(name, `tokenizers/ggml-vocab-${name}.gguf`)),
  real('mistral-v3', 'tokenizers/mistral-v3.spm.model', (path) => openFolder([['tokenizer.model', readFileSync(path)]])),
  real('smollm2', 'tokenizers/smollm2.tokenizer.json', (path) => openFolder([['tokenizer.json', readFileSync(path)]])),
  real('stories260K', 'models/stories260K.bin'),
];

const isCarried = (key: string): boolean => key === 'tokenizer.huggingface.json' || key.startsWith('llmx.huggingface.');

describe.each(rows)('$name', ({ needs = [], open }) => {
  const missing = missingData(needs);
  test.skipIf(missing.length > 0)(
    missing.length > 0 ? `needs ${missing.join(', ')} beside the checkout` : 'gives the same ids everywhere',
    async () => {
      const source = await open();
      const tokenizer = await tokenizerOf(source);
      const keys = await ggufVocabulary(source);
      const gguf = await openGguf(keys);
      expect(firstDifference(tokenizer, await tokenizerOf(gguf)), 'GGUF').toBeUndefined();
      const { eos, ...others } = source.generation;
      const generation = eos.length === 0 ? others : source.generation; // a vocabulary says what its configuration does not
      expect(gguf.generation, 'GGUF').toMatchObject(generation);

      // without what a Hugging Face folder left in the keys, the files have to be built
      const files = await huggingfaceFiles(await openGguf(new Map([...keys].filter(([key]) => !isCarried(key)))));
      const folder = await openFolder(files);
      expect(folder.tokenizer?.kind).toBe('tokenizer-json');
      expect(firstDifference(tokenizer, await tokenizerOf(folder)), 'built folder').toBeUndefined();
      expect(folder.generation, 'built folder').toMatchObject(generation);

      const without = (name: string): Promise<Checkpoint> => openFolder([...files].filter(([each]) => each !== name));
      const back = await openGguf(await ggufVocabulary(await without('tokenizer.model')));
      expect(firstDifference(tokenizer, await tokenizerOf(back)), 'GGUF of the built tokenizer.json').toBeUndefined();
      if (files.has('tokenizer.model'))
        expect(firstDifference(tokenizer, await tokenizerOf(await without('tokenizer.json'))), 'built tokenizer.model').toBeUndefined();
    },
  );
});

const stories = 'models/stories260K.bin';
test.skipIf(missingData([stories]).length > 0)('llama2.c: the tokenizer that was read is written again', async () => {
  const written = await llama2cTokenizer(await openCheckpoint(data(stories)));
  expect(Buffer.from(written).equals(readFileSync(data('models/tok512.bin')))).toBe(true);
});

test('llama2.c: a vocabulary with its ids keeps its pieces, scores and ids; longer ones are padded', async () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const pieces = ['<unk>', '<s>', '</s>', ...bytes, '\u2581', 'a', 'b', '\u2581a', 'ab', '\u2581ab'];
  const types = pieces.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  const scores = pieces.map((_, id) => (id < 259 ? 0 : 259 - id));
  const gguf = await openGguf(
    new Map([
      ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
      ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: pieces }],
      ['tokenizer.ggml.scores', { type: 'array', of: 'f32', value: scores }],
      ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: types }],
    ]),
  );
  const read = readLlama2cTokenizer(await llama2cTokenizer(gguf, pieces.length + 2));
  expect(read.pieces).toEqual([...pieces, '[PAD265]', '[PAD266]']);
  expect(read.scores.slice(0, pieces.length)).toEqual(scores);
  expect(firstDifference(await tokenizerOf(gguf), await createTokenizer(read), ['ab ab aab', 'bab  a'])).toBeUndefined();
});

test.each([
  ['bpe-gpt2', /byte-level with merges/],
  ['spm-bpe', /the piece of byte 0 belongs at the id 3/],
])('llama2.c: %s is refused', async (name, message) => {
  const source = await openCheckpoint(join(fixtures, `tokenizers/${name}.gguf`));
  await expect(llama2cTokenizer(source)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) });
});

const inBytes = Object.entries<PreTokenizer>(preTokenizers).filter(([, row]) => !row.characters);
test('every pre-tokenizer is known again by its tokenizer.json', () => {
  const types = byteCharacters.map(() => 'normal' as const);
  for (const [name, row] of inBytes) {
    const json = tokenizerJsonOf({ kind: 'byte-bpe', pieces: byteCharacters, merges: [], types, special: noMarks, preTokenizer: name });
    const found = preTokenizers[preTokenizerName(json) as keyof typeof preTokenizers];
    expect(found, name).toEqual(row);
  }
});

const gpt2Json = readJson<JsonObject>(join(fixtures, 'tokenizers/bpe-gpt2.tokenizer.json'));
const split = (Regex: string, behavior = 'Isolated', invert = false): JsonObject => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex }, behavior, invert },
    { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  ],
});
const tiktoken = String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

test('a pattern is known in other spellings', () => {
  const name = (pre_tokenizer: JsonObject, more: JsonObject = {}): string => preTokenizerName({ ...gpt2Json, pre_tokenizer, ...more });
  expect(name(split(tiktoken))).toBe('gpt-2');
  expect(name(split(tiktoken, 'Removed', true))).toBe('gpt-2');
  expect(name(split(tiktoken), { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }] } })).toBe('mpt');
  expect(
    name({
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false },
      ],
    }),
  ).toBe('starcoder');
});

test.each<[string, JsonObject, RegExp]>([
  ['an unknown pattern', { pre_tokenizer: split(String.raw`\w+|\W+`) }, /its pre-tokenizer cuts texts by .* no name of tokenizer\.ggml\.pre/],
  ['a space before texts', { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }, /puts a space before texts/],
  ['another normalizer', { normalizer: { type: 'NFKC' } }, /normalizes texts by "NFKC"/],
  ['a known pattern with whole words', { model: { ...(gpt2Json['model'] as JsonObject), ignore_merges: true } }, /as "gpt-2" does, but/],
  ['a unigram model', { model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 0 } }, /its model is of the kind "Unigram"/],
  ['words that end in a suffix', { model: { ...(gpt2Json['model'] as JsonObject), end_of_word_suffix: '</w>' } }, /end_of_word_suffix/],
  [
    'marks beside bos and eos',
    {
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: 'a', type_id: 0 } }, { SpecialToken: { id: 'b', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: { a: { id: 'a', ids: [1], tokens: ['a'] }, b: { id: 'b', ids: [2], tokens: ['b'] } },
      },
    },
    /post-processor puts/,
  ],
])('GGUF refuses %s and says why', async (_, changes, message) => {
  const source = await openFolder([['tokenizer.json', JSON.stringify({ ...gpt2Json, ...changes })]]);
  await expect(ggufVocabulary(source)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(message) });
});

describe('a Metaspace step', async () => {
  const storiesLike = await openCheckpoint(join(fixtures, 'tokenizers/spm-bpe.gguf'));
  const { tokenizer } = storiesLike;
  if (tokenizer?.kind !== 'sentencepiece') throw new Error('spm-bpe.gguf is no SentencePiece vocabulary');
  // its symbols in running text belong to SentencePiece's own way
  const plain = { ...tokenizer, types: tokenizer.types.map((type) => (type === 'user-defined' ? 'normal' : type)) };

  test.each(['first', 'always'] as const)('with the scheme %s is kept by GGUF and built again', async (spacePrefix) => {
    const json = tokenizerJsonOf({ ...plain, spacePrefix });
    const folder = await openFolder([['tokenizer.json', JSON.stringify(json)]]);
    const own = await tokenizerOf(folder);
    const gguf = await openGguf(await ggufVocabulary(folder, { carryFiles: false }));
    expect(firstDifference(own, await tokenizerOf(gguf), ['</s> a</s>b'])).toBeUndefined();
    const again = await openFolder(await huggingfaceFiles(gguf));
    expect(firstDifference(own, await tokenizerOf(again), ['</s> a</s>b'])).toBeUndefined();
    // it does differ from SentencePiece's way, so the comparison can fail
    expect(firstDifference(own, await createTokenizer(plain))).toBeDefined();
  });

  test('merges that are not those of scores are refused', async () => {
    const json = tokenizerJsonOf(plain);
    const model = json['model'] as { merges: string[] };
    const folder = await openFolder([['tokenizer.json', JSON.stringify({ ...json, model: { ...model, merges: model.merges.slice(1) } })]]);
    await expect(ggufVocabulary(folder)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(/merges are not those/) });
  });
});

test('runs of one character that share a score merge as SentencePiece merges them', async () => {
  const run = (length: number): string => '\u2581'.repeat(length);
  for (const lengths of [
    [2, 3, 4, 5, 6, 7, 8],
    [2, 4, 8],
    [2, 3, 5, 6, 8],
  ]) {
    const pieces = ['<unk>', '\u2581', 'a', '\u2581a', ...lengths.map(run)];
    const source = {
      kind: 'sentencepiece',
      pieces,
      scores: pieces.map((piece) => (/^\u2581\u2581/.test(piece) ? -1e9 : -1)),
      types: pieces.map((_, id) => (id === 0 ? 'unknown' : 'normal')),
      special: { ...noMarks, unknown: 0 },
      addSpacePrefix: true,
    } as const;
    const built = await createTokenizer({ kind: 'tokenizer-json', tokenizer: tokenizerJsonOf(source), config: {} });
    const own = await createTokenizer(source);
    for (let length = 0; length < 50; length++) {
      const text = `${' '.repeat(length)}a`;
      expect(built.encode(text), `${lengths.join()} and ${length} spaces`).toEqual(own.encode(text));
    }
  }
});
