// Files of tokenizers that lie: ids that cannot be, steps that explode, names that objects have by themselves. Each is refused in words.
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Json, JsonObject } from '../../../src/core/base/event.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import type { Tokenizer } from '../../../src/core/text/tokenizer.js';

const file = '/somewhere/tokenizer.json';
const create = (tokenizer: JsonObject, config: JsonObject = {}): Promise<Tokenizer> =>
  createTokenizer({ kind: 'tokenizer-json', file, tokenizer, config });

const vocab = { a: 0, b: 1, ab: 2, '<s>': 3 };
const base = { added_tokens: [{ id: 3, content: '<s>', special: true }], model: { type: 'BPE', vocab, merges: ['a b'] } };
const withVocab = (more: JsonObject): JsonObject => ({ ...base, model: { ...base.model, vocab: { ...vocab, ...more } } });
const withAdded = (entry: Json): JsonObject => ({ ...base, added_tokens: [entry] });
const template = (ids: Json, tokens = '<s>'): JsonObject => ({
  ...base,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { [tokens]: { id: tokens, ids, tokens: [tokens] } },
  },
});
const unigram = (fields: JsonObject): JsonObject => ({ model: { type: 'Unigram', vocab: [['a', 0]], ...fields } });

const impossible: readonly Json[] = [2 ** 32 + 5, 2 ** 31, 2 ** 24, -1, 1.5, '1', null, [0]];

describe('ids', () => {
  test.each<[string, JsonObject, RegExp]>([
    ...impossible.flatMap((id): [string, JsonObject, RegExp][] => {
      const words = /has the id .*, not a whole number below 16777216$/;
      return [
        [`a piece with the id ${JSON.stringify(id)}`, withVocab({ x: id }), words],
        [`an added word with the id ${JSON.stringify(id)}`, withAdded({ id, content: 'x' }), words],
        [`a template with the id ${JSON.stringify(id)}`, template([id]), words],
        [
          `a BERT mark with the id ${JSON.stringify(id)}`,
          { ...base, post_processor: { type: 'BertProcessing', cls: ['<s>', id], sep: ['<s>', 3] } },
          words,
        ],
      ];
    }),
    ['a template beyond the vocabulary', template([3, 99999]), /"<s>" has the id 99999, which the vocabulary of 4 ids does not have$/],
    [
      'a template in a hole of the vocabulary',
      { ...template([5]), ...withVocab({ x: 9 }), post_processor: template([5])['post_processor'] },
      /id 5, which/,
    ],
    ['a template of a word that it does not have', template([3], 'other'), /names "<s>", which its special_tokens do not have$/],
    [
      'a template of a name that every object has',
      {
        ...base,
        post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '__proto__' } }], special_tokens: {} },
      },
      /names "__proto__", which/,
    ],
    ['two pieces with one id', withVocab({ x: 2 }), /the id 2 belongs to "ab" and to "x"$/],
    [
      'two added words with one id',
      {
        ...base,
        added_tokens: [
          { id: 7, content: 'x' },
          { id: 7, content: 'y' },
        ],
      },
      /the id 7 belongs to "x" and to "y"$/,
    ],
    ['an added word with the id of a piece', withAdded({ id: 0, content: 'x' }), /the id 0 belongs to "a" and to "x"$/],
    ['an added word without a text', withAdded({ id: 7 }), /an added word is spelled undefined, not a text$/],
    ['an added word that is none', withAdded(null), /an added word is spelled undefined, not a text$/],
    ['a piece of a million letters', withVocab({ ['x'.repeat(1e6)]: 9 }), /has 1000000 characters, more than 65536$/],
    ['an unknown piece beyond the vocabulary', unigram({ unk_id: 1 }), /unk_id has the id 1, which the vocabulary of 1 ids does not have$/],
    ['an unknown piece of 2^40', unigram({ unk_id: 2 ** 40 }), /unk_id has the id 1099511627776, not a whole/],
    ['a unigram piece that is a number', unigram({ vocab: [[1, 0]] }), /piece 0 is spelled 1, not a text$/],
    ['a vocabulary of text', { model: { type: 'BPE', vocab: 'x', merges: [] } }, /its model has no vocabulary$/],
  ])('%s', async (_, tokenizer, message) => {
    const error = await create(tokenizer).then(
      () => expect.fail('it was accepted'),
      (thrown: unknown) => thrown as LlmxError,
    );
    expect(error).toBeInstanceOf(LlmxError);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    expect(error.code).toBe('malformed');
  });

  test('an added word that is spelled as its piece is no double', async () => {
    expect((await create(base)).encode('<s>ab')).toEqual([3, 2]);
    expect((await create(template([3, 3]))).encode('ab')).toEqual([3, 3, 2]);
  });
});

describe('kinds', () => {
  const merges = (...more: Json[]): JsonObject => ({ ...base, model: { ...base.model, merges: more } });
  test.each<[string, JsonObject, RegExp]>([
    ['of model', { ...base, model: { ...base.model, type: 'WordLevel' } }, /the model "WordLevel" is not supported$/],
    ['of model that every object has', { ...base, model: { ...base.model, type: 'constructor' } }, /the model "constructor" is not supported$/],
    ['of model that is a number', { ...base, model: { ...base.model, type: 7 } }, /the model 7 is not supported$/],
    ['of normalizer', { ...base, normalizer: { type: 'valueOf' } }, /the normalizer "valueOf" is not supported$/],
    ['of pre-tokenizer', { ...base, pre_tokenizer: { type: '__proto__' } }, /the pre-tokenizer "__proto__" is not supported$/],
    ['of merges', merges('a b', ['a', 'b', 'c']), /merge 1 is a list, neither a text nor a pair of texts$/],
    ['of merges with numbers', merges(1), /merge 0 is 1, neither a text nor a pair of texts$/],
    ['of drop-out', { ...base, model: { ...base.model, dropout: 0.1 } }, /the dropout of its model is 0.1, which is not supported$/],
  ])('unknown ones %s', async (_, tokenizer, message) => {
    await expect(create(tokenizer)).rejects.toThrow(LlmxError);
    await expect(create(tokenizer)).rejects.toThrow(message);
  });
});

describe('texts that explode', () => {
  const doubling = Array.from({ length: 40 }, () => ({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }));
  const spaced = { type: 'Split', pattern: { Regex: '.' }, behavior: 'Isolated' };
  const marked = Array.from({ length: 24 }, (_, index) => ({ type: 'Metaspace', replacement: String.fromCharCode(0x2581 + index), split: false }));
  const large = 'x'.repeat(2 ** 22);
  test.each<[string, JsonObject]>([
    ['in replacements of replacements', { ...base, normalizer: { type: 'Sequence', normalizers: doubling } }],
    ['in one replacement', { ...base, normalizer: { type: 'Replace', pattern: { String: 'a' }, content: large } }],
    ['in what is put before', { ...base, normalizer: { type: 'Prepend', prepend: large } }],
    [
      'in bytes spelled as bytes',
      {
        ...base,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: Array.from({ length: 40 }, () => ({ type: 'ByteLevel', use_regex: false, add_prefix_space: false })),
        },
      },
    ],
    ['in marks before each letter', { ...base, pre_tokenizer: { type: 'Sequence', pretokenizers: marked.flatMap((mark) => [mark, spaced]) } }],
  ])('%s', async (_, tokenizer) => {
    const encoder = await create(tokenizer);
    expect(() => encoder.encode('a\u00e9'.repeat(200))).toThrow(LlmxError);
    expect(() => encoder.encode('a\u00e9'.repeat(200))).toThrow(/its steps make a text more than 64 times as long/);
  });

  test('in added words', async () => {
    const tokenizer = { ...withAdded({ id: 9, content: 'a', normalized: true }), normalizer: { type: 'Sequence', normalizers: doubling } };
    await expect(create(tokenizer)).rejects.toThrow(/its steps make a text more than 64 times as long/);
  });

  test('in what is printed', async () => {
    const decoders = Array.from({ length: 7 }, () => ({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }));
    await expect(create({ ...base, decoder: { type: 'Sequence', decoders } })).rejects.toThrow(/can make a piece 128 times as long, more than 64/);
    const many = Array.from({ length: 65 }, () => ({ type: 'Fuse' }));
    await expect(create({ ...base, decoder: { type: 'Sequence', decoders: many } })).rejects.toThrow(/decoder has more than 64 steps/);
  });

  test('but not those that grow as they may', async () => {
    const grown = await create({ ...base, normalizer: { type: 'Sequence', normalizers: doubling.slice(0, 6) } });
    expect(grown.encode('a'.repeat(1000))).toHaveLength(64_000);
    const wide = await create({ ...base, normalizer: { type: 'NFKC' }, model: { ...base.model, unk_token: 'a' } });
    expect(wide.encode('\ufdfa'.repeat(10_000))).toHaveLength(180_000);
  });
});
