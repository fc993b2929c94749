// Whole tokenizer.json files with a small vocabulary: added words of all kinds, spaces, bytes and unknown characters.
// Expected values: Hugging Face's tokenizers 0.23.3.
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import { LlmxError } from '../../../src/core/base/error.js';
import { bytePiece } from '../../../src/core/text/byte-alphabet.js';
import { createDetokenizer } from '../../../src/core/text/detokenizer.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import type { Tokenizer } from '../../../src/core/text/tokenizer.js';

const create = (tokenizer: JsonObject, config: JsonObject = {}): Promise<Tokenizer> => createTokenizer({ kind: 'tokenizer-json', tokenizer, config });
const added = (id: number, content: string, special = false, more: JsonObject = {}): JsonObject => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special },
  ...more,
});
const vocabularyOf = (pieces: readonly string[]): JsonObject => Object.fromEntries(pieces.map((piece, id) => [piece, id]));

const pieces = [
  '<unk>',
  '<s>',
  '</s>',
  ...Array.from({ length: 256 }, (_, byte) => bytePiece(byte)),
  '▁',
  'a',
  'b',
  'c',
  'é',
  '▁a',
  'ab',
  '▁ab',
  '▁▁',
  'bc',
];
const merges = [
  ['▁', '▁'],
  ['▁', 'a'],
  ['a', 'b'],
  ['▁', 'ab'],
  ['▁a', 'b'],
  ['b', 'c'],
];
const model = {
  type: 'BPE',
  dropout: null,
  unk_token: '<unk>',
  fuse_unk: true,
  byte_fallback: true,
  ignore_merges: false,
  vocab: vocabularyOf(pieces),
  merges,
};
const spaces = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
const marks = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const base: JsonObject = {
  added_tokens: [
    added(0, '<unk>', true),
    added(1, '<s>', true),
    added(2, '</s>', true),
    added(269, '<|user|>', true, { rstrip: true }),
    added(270, '<|end|>', true, { lstrip: true }),
    added(271, 'cab', false, { single_word: true }),
    added(272, 'B a', false, { normalized: true }),
  ],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: { type: 'Sequence', decoders: [spaces, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
  model,
};
const metaspace = (scheme: string, split: boolean): JsonObject => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split });
const legacy: JsonObject = { ...base, normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, marks] } };
const first: JsonObject = { ...base, pre_tokenizer: metaspace('first', false) };
const always: JsonObject = { ...base, pre_tokenizer: metaspace('always', true), decoder: metaspace('always', true) };
const shapes: Readonly<Record<string, JsonObject>> = {
  legacy,
  first,
  always,
  gemma: { ...base, normalizer: marks, decoder: { type: 'Sequence', decoders: [spaces, { type: 'ByteFallback' }, { type: 'Fuse' }] } },
  unknown: { ...legacy, model: { ...model, byte_fallback: false } },
  separate: { ...first, model: { ...model, byte_fallback: false, fuse_unk: false } },
  whole: { ...always, model: { ...model, ignore_merges: true, merges: merges.slice(0, 2) } },
};

const texts = [
  '',
  'a',
  'ab  abc',
  ' a',
  'a<|user|>  ab',
  'ab  <|end|> a',
  '<|user|><|end|>',
  'cab cabc cab',
  'B a',
  'aB ab',
  'é😀x',
  'xy ab',
  '<s>a</s>',
];
/** For each text: its ids, its ids with special pieces read as text where they differ, and what the ids print. */
const expected: Readonly<Record<string, readonly (readonly [number[], number[] | undefined, string])[]>> = {
  legacy: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 267, 265, 262], undefined, 'ab  abc'],
    [[267, 260], undefined, ' a'],
    [[264, 269, 266], [264, 63, 127, 120, 118, 104, 117, 127, 65, 267, 265], 'a ab'],
    [[266, 270, 267, 260], [266, 267, 63, 127, 104, 113, 103, 127, 65, 264], 'ab  a'],
    [[269, 270], [259, 63, 127, 120, 118, 104, 117, 127, 65, 63, 127, 104, 113, 103, 127, 65], ''],
    [[271, 267, 262, 265, 262, 259, 271], undefined, 'cab  cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 69, 266], undefined, 'aB ab'],
    [[259, 263, 243, 162, 155, 131, 123], undefined, 'é😀x'],
    [[259, 123, 124, 266], undefined, 'xy ab'],
    [[1, 264, 2], [259, 63, 118, 65, 260, 63, 50, 118, 65], 'a'],
  ],
  first: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 267, 265, 262], undefined, 'ab  abc'],
    [[264], undefined, 'a'],
    [[264, 269, 265], [264, 63, 127, 120, 118, 104, 117, 127, 65, 267, 265], 'aab'],
    [[266, 270, 264], [266, 267, 63, 127, 104, 113, 103, 127, 65, 264], 'ab a'],
    [[269, 270], [259, 63, 127, 120, 118, 104, 117, 127, 65, 63, 127, 104, 113, 103, 127, 65], ''],
    [[271, 259, 262, 265, 262, 259, 271], undefined, 'cab cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 272, 261], undefined, 'aB ab'],
    [[259, 263, 243, 162, 155, 131, 123], undefined, 'é😀x'],
    [[259, 123, 124, 266], undefined, 'xy ab'],
    [[1, 260, 2], [259, 63, 118, 65, 260, 63, 50, 118, 65], 'a'],
  ],
  always: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 259, 266, 262], undefined, 'ab  abc'],
    [[264], undefined, 'a'],
    [[264, 269, 266], [264, 63, 127, 120, 118, 104, 117, 127, 65, 259, 266], 'a ab'],
    [[266, 270, 264], [266, 259, 259, 63, 127, 104, 113, 103, 127, 65, 264], 'ab a'],
    [[269, 270], [259, 63, 127, 120, 118, 104, 117, 127, 65, 63, 127, 104, 113, 103, 127, 65], ''],
    [[271, 259, 262, 265, 262, 259, 271], undefined, 'cab cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 272, 259, 261], undefined, 'aB a b'],
    [[259, 263, 243, 162, 155, 131, 123], undefined, 'é<0xF0><0x9F><0x98><0x80><0x78>'],
    [[259, 123, 124, 266], undefined, '<0x78><0x79> ab'],
    [[1, 264, 2], [259, 63, 118, 65, 260, 63, 50, 118, 65], 'a'],
  ],
  gemma: [
    [[], undefined, ''],
    [[260], undefined, 'a'],
    [[265, 267, 265, 262], undefined, 'ab  abc'],
    [[264], undefined, ' a'],
    [[260, 269, 265], [260, 63, 127, 120, 118, 104, 117, 127, 65, 267, 265], 'aab'],
    [[265, 270, 264], [265, 267, 63, 127, 104, 113, 103, 127, 65, 264], 'ab a'],
    [[269, 270], [63, 127, 120, 118, 104, 117, 127, 65, 63, 127, 104, 113, 103, 127, 65], ''],
    [[271, 259, 262, 265, 262, 259, 271], undefined, 'cab cabc cab'],
    [[272], undefined, 'B a'],
    [[260, 272, 261], undefined, 'aB ab'],
    [[263, 243, 162, 155, 131, 123], undefined, 'é😀x'],
    [[123, 124, 266], undefined, 'xy ab'],
    [[1, 260, 2], [63, 118, 65, 260, 63, 50, 118, 65], 'a'],
  ],
  unknown: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 267, 265, 262], undefined, 'ab  abc'],
    [[267, 260], undefined, ' a'],
    [[264, 269, 266], [264, 0, 267, 265], 'a ab'],
    [[266, 270, 267, 260], [266, 267, 0, 264], 'ab  a'],
    [[269, 270], [259, 0], ''],
    [[271, 267, 262, 265, 262, 259, 271], undefined, 'cab  cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 0, 266], undefined, 'a ab'],
    [[259, 263, 0], undefined, 'é'],
    [[259, 0, 266], undefined, ' ab'],
    [[1, 264, 2], [259, 0, 260, 0], 'a'],
  ],
  separate: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 267, 265, 262], undefined, 'ab  abc'],
    [[264], undefined, 'a'],
    [[264, 269, 265], [264, 0, 0, 0, 0, 0, 0, 0, 0, 267, 265], 'aab'],
    [[266, 270, 264], [266, 267, 0, 0, 0, 0, 0, 0, 0, 264], 'ab a'],
    [[269, 270], [259, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ''],
    [[271, 259, 262, 265, 262, 259, 271], undefined, 'cab cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 272, 261], undefined, 'aB ab'],
    [[259, 263, 0, 0], undefined, 'é'],
    [[259, 0, 0, 266], undefined, ' ab'],
    [[1, 260, 2], [259, 0, 0, 0, 260, 0, 0, 0, 0], 'a'],
  ],
  whole: [
    [[], undefined, ''],
    [[264], undefined, 'a'],
    [[266, 259, 264, 261, 262], undefined, 'ab  abc'],
    [[264], undefined, 'a'],
    [[264, 269, 266], [264, 63, 127, 120, 118, 104, 117, 127, 65, 259, 266], 'a ab'],
    [[266, 270, 264], [266, 259, 259, 63, 127, 104, 113, 103, 127, 65, 264], 'ab a'],
    [[269, 270], [259, 63, 127, 120, 118, 104, 117, 127, 65, 63, 127, 104, 113, 103, 127, 65], ''],
    [[271, 259, 262, 260, 261, 262, 259, 271], undefined, 'cab cabc cab'],
    [[272], undefined, 'B a'],
    [[264, 272, 259, 261], undefined, 'aB a b'],
    [[259, 263, 243, 162, 155, 131, 123], undefined, 'é<0xF0><0x9F><0x98><0x80><0x78>'],
    [[259, 123, 124, 266], undefined, '<0x78><0x79> ab'],
    [[1, 264, 2], [259, 63, 118, 65, 260, 63, 50, 118, 65], 'a'],
  ],
};

describe.each(Object.entries(shapes))('%s', async (name, shape) => {
  const tokenizer = await create(shape, { bos_token: '<s>', eos_token: { content: '</s>' } });
  test.each(texts.map((text, index) => [text, expected[name]![index]!] as const))('%j', (text, [ids, off, decoded]) => {
    expect(tokenizer.encode(text, { special: false })).toEqual(ids);
    expect(tokenizer.encode(text, { special: false, parseSpecial: false })).toEqual(off ?? ids);
    expect(tokenizer.encode(text)).toEqual([1, ...ids]);
    expect(tokenizer.decode(ids)).toBe(decoded);
    const detokenizer = createDetokenizer(tokenizer);
    expect(ids.map(detokenizer.push).join('') + detokenizer.finish()).toBe(decoded);
  });

  test('knows its marks', () => {
    expect(tokenizer.special).toEqual({ bos: 1, eos: 2, unknown: 0, addBos: true, addEos: false });
    expect([0, 2, 269, 271, 272, 273, -1].map(tokenizer.isControl)).toEqual([true, true, true, false, false, true, true]);
    expect(tokenizer.size).toBe(273);
    expect(tokenizer.piece(266)).toBe('▁ab');
  });
});

test('unigram takes the likeliest way', async () => {
  const vocab = [
    ['<unk>', 0],
    ['▁', -2],
    ['a', -3],
    ['b', -3],
    ['ab', -4],
    ['▁a', -3.5],
    ['▁ab', -7],
    ['abb', -5],
  ];
  const tokenizer = await create({
    ...always,
    added_tokens: [added(0, '<unk>', true)],
    post_processor: null,
    model: { type: 'Unigram', unk_id: 0, vocab },
  });
  expect(['ab', 'abb a', 'xyab x', 'b ba', ''].map((text) => tokenizer.encode(text))).toEqual([
    [1, 4],
    [1, 7, 5],
    [1, 0, 4, 1, 0],
    [1, 3, 1, 3, 2],
    [],
  ]);
});

test('WordPiece with the steps of BERT', async () => {
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'play', '##ing', '##ed', 'the', ',', '.', "'", 's', 'caf', '##e', '##é'];
  const tokenizer = await create({
    added_tokens: words.slice(0, 4).map((word, id) => added(id, word, true)),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: vocabularyOf(words) },
  });
  const rows = [
    ['Playing, the played.', [2, 4, 5, 8, 7, 4, 6, 9, 3], 'playing, the played.'],
    ['the café', [2, 7, 12, 13, 3], 'the cafe'],
    ['[SEP] the', [2, 3, 7, 3], 'the'],
    ["the's zzz", [2, 7, 10, 11, 1, 3], "the ' s"],
  ] as const;
  for (const [text, ids, decoded] of rows) {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
  }
  expect(tokenizer.encode('[SEP]', { special: false, parseSpecial: false })).toEqual([1, 1, 1]);
  expect([tokenizer.encode(''), tokenizer.decode([])]).toEqual([[2, 3], '']);
});

test('BPE with a suffix at the end of words', async () => {
  const words = ['l', 'o', 'w', 'e', 'r', 'w</w>', 'r</w>', 'e</w>', 'o</w>', '<unk>', 'low</w>', 'lo', 'er</w>'];
  const suffixed = {
    ...{ type: 'BPE', vocab: vocabularyOf(words), unk_token: '<unk>', end_of_word_suffix: '</w>' },
    merges: ['l o', 'lo w</w>', 'e r</w>'],
  };
  const tokenizer = await create({ pre_tokenizer: { type: 'WhitespaceSplit' }, model: suffixed });
  expect(['low', 'lower low lo', 'wow', 'o', 'xo ox', 'lowlow'].map((text) => tokenizer.encode(text))).toEqual([
    [10],
    [11, 2, 12, 10, 0, 8],
    [2, 1, 5],
    [8],
    [9, 8, 1, 9],
    [11, 2, 10],
  ]);
});

test('without a post-processor tokenizer_config.json asks for the marks', async () => {
  const silent = { ...base, post_processor: null };
  const names = { bos_token: '<s>', eos_token: '</s>' };
  expect((await create(silent, { ...names, add_bos_token: true, add_eos_token: true })).encode('a')).toEqual([1, 260, 2]);
  expect((await create(silent, names)).encode('a')).toEqual([260]);
  expect((await create(base, { ...names, add_bos_token: false })).encode('a')).toEqual([1, 260]);
});

const damaged: readonly (readonly [string, JsonObject])[] = [
  ['no model', {}],
  ['no vocabulary', { model: { type: 'BPE', merges: [] } }],
  ['an id that is no number', { model: { ...model, vocab: { a: 'x' } } }],
  ['a negative id', { model: { ...model, vocab: { a: -1 } } }],
  ['an id that would fill the memory', { model: { ...model, vocab: { a: 4e9 } } }],
  ['an added word without an id', { ...base, added_tokens: [{ content: 'x' }] }],
  ['a merge of three', { ...base, model: { ...model, merges: [['a', 'b', 'c']] } }],
  ['merges of numbers', { ...base, model: { ...model, merges: [1, 2] } }],
  ['a pattern that cannot be', { ...base, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false } }],
  ['a unigram piece without a score', { ...base, model: { type: 'Unigram', vocab: [['a']] } }],
  ['rules of normalization that end early', { ...base, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }],
  ['rules of normalization that are no base64', { ...base, normalizer: { type: 'Precompiled', precompiled_charsmap: '*' } }],
  ['a kind of model that nobody knows', { ...base, model: { ...model, type: 'Oracle' } }],
];
test.each(damaged)('%s is refused', async (_, tokenizer) => {
  await expect(create(tokenizer)).rejects.toThrow(LlmxError);
});
