// Vocabularies and texts that nobody should make: no hang, no crash, no error of another kind than LlmxError.
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { byteCharacters, bytePiece } from '../../../src/core/text/byte-alphabet.js';
import { createDetokenizer } from '../../../src/core/text/detokenizer.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import type { PieceType, TokenizerSource } from '../../../src/core/text/tokenizer.js';
import { createDice, fuzzText, noMarks, wellFormed, type ByteBpeSource, type SentencepieceSource } from './support.js';

const normal = (pieces: readonly string[]): PieceType[] => pieces.map(() => 'normal');
const byteBpe = (pieces: readonly string[], merges: readonly string[], more: Partial<ByteBpeSource> = {}): ByteBpeSource => ({
  ...{ kind: 'byte-bpe', pieces, merges, types: normal(pieces), special: noMarks, preTokenizer: 'gpt-2' },
  ...more,
});
const scored = (pieces: readonly string[], scores: readonly number[], more: Partial<SentencepieceSource> = {}): SentencepieceSource => ({
  ...{ kind: 'sentencepiece', pieces, scores, types: normal(pieces), special: noMarks, addSpacePrefix: true },
  ...more,
});
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const bytePieces = Array.from({ length: 256 }, (_, byte) => bytePiece(byte));
const alphabet = [...byteCharacters];
const runs = Array.from({ length: 12 }, (_, power) => 'a'.repeat(2 ** power));

const sources: Readonly<Record<string, TokenizerSource>> = {
  'no pieces': byteBpe([], []),
  'no scored pieces': scored([], []),
  'one piece': byteBpe(['a'], ['a a', ' ', '', 'a', '  ', 'a  a']),
  'merges in a circle': byteBpe([...alphabet, 'ab', 'ba', 'aba', 'bab'], ['a b', 'b a', 'ab a', 'ba b', 'a ba', 'aba b', 'a b']),
  'equal and empty pieces': byteBpe(['a', 'a', '', '', 'aa', 'aa'], ['a a', 'aa aa', 'a '], {
    types: ['normal', 'control', 'control', 'user-defined', 'user-defined', 'normal'],
  }),
  'types of nothing': byteBpe(alphabet, [], { types: [] }),
  'marks outside the vocabulary': byteBpe(alphabet, [], { special: { bos: -1, eos: 2 ** 40, unknown: 0.5, addBos: true, addEos: true } }),
  'every piece special': byteBpe(alphabet, [], { types: alphabet.map(() => 'control') }),
  'scores that are no numbers': scored(['a', 'aa', '\u2581', ...bytePieces], [NaN, Infinity, -Infinity, ...zeros(256)], {
    types: ['normal', 'normal', 'normal', ...bytePieces.map((): PieceType => 'byte')],
  }),
  'unused pieces of unused pieces': scored(runs, zeros(runs.length), { types: runs.map((_, id): PieceType => (id === 0 ? 'normal' : 'unused')) }),
  'pieces across spaces': scored(['a', '\u2581', 'a\u2581', 'a\u2581a', '\u2581a', '<unk>'], [-1, -2, -3, -4, -5, 0], {
    types: ['normal', 'normal', 'normal', 'normal', 'normal', 'unknown'],
    special: { unknown: 5, ...noMarks },
  }),
  'bytes spelled wrongly': scored(['<0x4>', '<0xGG>', '<0x041>', '<0x61>'], zeros(4), { types: ['byte', 'byte', 'byte', 'byte'] }),
};

describe.each(Object.entries(sources))('%s', async (_, source) => {
  const tokenizer = await createTokenizer(source);

  test('takes any text and any id', () => {
    const dice = createDice(8);
    for (let round = 0; round < 100; round++) {
      const text = round === 0 ? '' : fuzzText(dice, 1 + dice(10));
      const ids = tokenizer.encode(text, { parseSpecial: dice(2) === 0 });
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.size)).toBe(true);
      const detokenizer = createDetokenizer(tokenizer);
      expect(ids.map(detokenizer.push).join('') + detokenizer.finish()).toBe(tokenizer.decode(ids));
    }
    const wild = [-1, 0, 1.5, NaN, Infinity, 2 ** 31, 2 ** 53, tokenizer.size];
    expect(typeof tokenizer.decode(wild)).toBe('string');
    for (const id of wild.filter((value) => value !== 0))
      if (!(id === 1 && tokenizer.size > 1))
        expect([tokenizer.piece(id), tokenizer.bytes(id).length, tokenizer.isControl(id)]).toEqual(['', 0, true]);
  });
});

test('lone surrogates are read as U+FFFD', async () => {
  const tokenizer = await createTokenizer(byteBpe(alphabet, []));
  for (const text of ['\ud800', 'a\udc00b', '\ud83d \ude00', '\udc00\ud800']) expect(tokenizer.decode(tokenizer.encode(text))).toBe(wellFormed(text));
});

const long: readonly (readonly [string, TokenizerSource])[] = [
  [
    'byte-bpe',
    byteBpe(
      [...alphabet, ...runs.slice(1)],
      runs.slice(1).map((_, power) => `${runs[power]!} ${runs[power]!}`),
      { preTokenizer: 'llama-bpe' },
    ),
  ],
  [
    'sentencepiece',
    scored([...runs, '\u2581', ...bytePieces], [...runs.map((_, power) => -power), -99, ...zeros(256)], {
      types: [...normal(runs), 'normal', ...bytePieces.map((): PieceType => 'byte')],
    }),
  ],
];
describe.each(long)('%s', async (_, source) => {
  const tokenizer = await createTokenizer(source);
  test.each(['a', 'ab', 'a ', '\n', '\u{1f600}'])(
    'a long run of %j takes no quadratic time',
    (unit) => {
      const text = unit.repeat(300_000 / unit.length);
      const start = performance.now();
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
      expect(performance.now() - start).toBeLessThan(20_000);
    },
    60_000,
  );
});

const refused: readonly (readonly [string, TokenizerSource, string])[] = [
  ['types of another length', byteBpe(['a', 'b'], [], { types: ['normal'] }), '2 pieces and 1 types'],
  ['scores of another length', scored(['a', 'b'], [0]), '2 pieces and 1 scores'],
  ['an unknown pre-tokenizer', byteBpe(['a'], [], { preTokenizer: 'nonsense' }), '"nonsense"'],
];
test.each(refused)('%s is refused', async (_, source, reason) => {
  await expect(createTokenizer(source)).rejects.toThrow(LlmxError);
  await expect(createTokenizer(source)).rejects.toThrow(reason);
});
