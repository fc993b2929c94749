// Property: pushes joined are the decoding of all ids, whatever the ids; and nothing is held back longer than it must be.
import { describe, expect, test } from 'vitest';
import { bytePiece } from '../../../src/core/text/byte-alphabet.js';
import { createDetokenizer } from '../../../src/core/text/detokenizer.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { createDice, fixture, noMarks, readJson, type SentencepieceSource } from './support.js';

/** Byte 0 is id 3. */
const bytes: SentencepieceSource = {
  kind: 'sentencepiece',
  pieces: ['<unk>', '<s>', '</s>', ...Array.from({ length: 256 }, (_, byte) => bytePiece(byte)), '\u2581', 'a', '\u2581a'],
  scores: new Array<number>(262).fill(0),
  types: ['unknown', 'control', 'control', ...new Array<'byte'>(256).fill('byte'), 'normal', 'normal', 'normal'],
  special: { bos: 1, eos: 2, unknown: 0, ...noMarks },
  addSpacePrefix: true,
};
const idOf = (byte: number): number => byte + 3;
/** Starts, middles and ends of characters, wrong ones among them. */
const odd = [0x41, 0x20, 0xe4, 0xbd, 0xa0, 0xf0, 0x9f, 0x98, 0x80, 0xc3, 0xa9, 0xff, 0xef, 0xbb, 0xbf, 0xed, 0xa0, 0xc0, 0xf4, 0x90].map(idOf);

const tokenizers = [
  { name: 'bytes', tokenizer: await createTokenizer(bytes), ids: [...odd, 0, 1, 2, 259, 260, 261, -1, 262, 0.5, NaN] },
  {
    name: 'byte-level',
    tokenizer: await createTokenizer({ kind: 'tokenizer-json', tokenizer: readJson(fixture('bpe-llama3.tokenizer.json')), config: {} }),
    ids: Array.from({ length: 699 }, (_, id) => id),
  },
];

describe.each(tokenizers)('$name', ({ tokenizer, ids }) => {
  test.each([false, true])('pushes joined are the whole decoding (special %s)', (special) => {
    const dice = createDice(special ? 5 : 4);
    const detokenizer = createDetokenizer(tokenizer, { special });
    for (let round = 0; round < 5000; round++) {
      const run = Array.from({ length: dice(12) }, () => ids[dice(ids.length)]!);
      const joined = run.map(detokenizer.push).join('') + detokenizer.finish();
      expect(joined, JSON.stringify(run)).toBe(tokenizer.decode(run, { special }));
      const chunks = run.flatMap((id) => [...tokenizer.bytes(id, { special })]);
      const start = tokenizer.dropsFirstSpace && chunks[0] === 0x20 ? 1 : 0;
      expect(joined).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(chunks.slice(start))));
    }
  });
});

test('a character comes with its last byte, and a cut one at the end', () => {
  const detokenizer = createDetokenizer(tokenizers[0]!.tokenizer);
  expect([0x41, 0xf0, 0x9f, 0x98, 0x80, 0xe4].map(idOf).map(detokenizer.push)).toEqual(['A', '', '', '', '\u{1f600}', '']);
  expect(detokenizer.finish()).toBe('\ufffd');
});

test('only the first space of a text is dropped, and none where a text goes on', () => {
  const [tokenizer] = [tokenizers[0]!.tokenizer];
  const run = [1, 261, 261, 2];
  const print = (detokenizer: ReturnType<typeof createDetokenizer>): string => run.map(detokenizer.push).join('') + detokenizer.finish();
  const detokenizer = createDetokenizer(tokenizer);
  expect([print(detokenizer), print(detokenizer)]).toEqual(['a a', 'a a']);
  expect(print(createDetokenizer(tokenizer, { continues: true }))).toBe(' a a');
  expect(print(createDetokenizer(tokenizer, { special: true }))).toBe('<s> a a</s>');
  expect(tokenizer.decode([0x20, 0x20, 0x41].map(idOf))).toBe(' A');
});
