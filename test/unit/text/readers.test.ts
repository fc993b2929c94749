// The readers of llama2.c's and SentencePiece's files: what they read, and that no damage is a crash.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { readTokenizerFile } from '../../../src/core/checkpoints/tokenizer-file.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { readLlama2cTokenizer } from '../../../src/core/text/llama2c-tokenizer.js';
import { readSentencepieceModel } from '../../../src/core/text/sentencepiece-model.js';
import { createDice, dataFile, fixture, missingData, readJson } from './support.js';

/** A llama2.c file; byte pieces are left to the caller. */
function writeLlama2c(pieces: readonly (readonly [string, number])[], longest = 30): Uint8Array {
  const chunks = [Buffer.alloc(4)];
  chunks[0]!.writeInt32LE(longest);
  for (const [piece, score] of pieces) {
    const head = Buffer.alloc(8);
    head.writeFloatLE(score);
    head.writeInt32LE(Buffer.byteLength(piece), 4);
    chunks.push(head, Buffer.from(piece));
  }
  return Buffer.concat(chunks);
}

const small = writeLlama2c([
  ['<unk>', 0],
  ['\n<s>\n', 0],
  ['\n</s>\n', 0],
  ['<0x00>', 0],
  [' a', -1],
  ['a', -2],
  [' ', -3],
]);

test('llama2.c: pieces, scores and kinds', () => {
  expect(readLlama2cTokenizer(small, 7)).toEqual({
    kind: 'sentencepiece',
    pieces: ['<unk>', '<s>', '</s>', '<0x00>', '\u2581a', 'a', '\u2581'],
    scores: [0, 0, 0, 0, -1, -2, -3],
    types: ['unknown', 'control', 'control', 'byte', 'normal', 'normal', 'normal'],
    special: { bos: 1, eos: 2, unknown: 0, addBos: true, addEos: false },
    addSpacePrefix: true,
  });
});

const model = readFileSync(fixture('spm-bpe.model'));
const readers = [
  { name: 'llama2.c', read: (bytes: Uint8Array) => readLlama2cTokenizer(bytes), bytes: small },
  { name: 'SentencePiece', read: readSentencepieceModel, bytes: model as Uint8Array },
];

describe.each(readers)('$name', ({ read, bytes }) => {
  const survives = async (damaged: Uint8Array): Promise<void> => {
    try {
      const tokenizer = await createTokenizer(read(damaged));
      tokenizer.decode(tokenizer.encode('a b'));
    } catch (error) {
      expect(error).toBeInstanceOf(LlmxError);
    }
  };

  test('a cut file is refused or read, never a crash', async () => {
    for (let length = 0; length < Math.min(bytes.length, 400); length++) await survives(bytes.subarray(0, length));
    expect(() => read(new Uint8Array(0))).toThrow(LlmxError);
  });

  test('changed bytes are refused or read, never a crash', async () => {
    const dice = createDice(7);
    for (let round = 0; round < 300; round++) {
      const damaged = Uint8Array.from(bytes);
      for (let count = 1 + dice(4); count > 0; count--) damaged[dice(damaged.length)] = dice(256);
      await survives(damaged);
    }
  });
});

const refusals: readonly (readonly [string, () => unknown, string])[] = [
  ['a longest piece of nothing', () => readLlama2cTokenizer(writeLlama2c([], 0)), 'longest piece has 0 bytes'],
  ['a piece longer than the longest', () => readLlama2cTokenizer(writeLlama2c([['abc', 0]], 2)), 'piece 0 has 3 bytes, and the longest 2'],
  ['too few pieces', () => readLlama2cTokenizer(writeLlama2c([['a', 0]])), '1 pieces, and three'],
  ['another size than the model has', () => readLlama2cTokenizer(small, 512), "7 pieces, and the model's vocabulary 512"],
  ['bytes behind the last piece', () => readLlama2cTokenizer(Buffer.concat([small, Buffer.alloc(3)])), '4 bytes are needed'],
  ['a kind that is not BPE', () => readSentencepieceModel(Uint8Array.of(0x0a, 3, 0x0a, 1, 0x61)), 'its kind is unigram'],
  [
    'rules of normalization',
    () => readSentencepieceModel(Uint8Array.of(0x0a, 3, 0x0a, 1, 0x61, 0x12, 2, 0x18, 2, 0x1a, 3, 0x12, 1, 0x61)),
    'it normalizes text',
  ],
  ['a string that goes beyond the end', () => readSentencepieceModel(Uint8Array.of(0x0a, 200, 1)), '200 bytes are needed'],
  ['a wire type that does not exist', () => readSentencepieceModel(Uint8Array.of(0x0f)), 'unknown wire type 7'],
  ['an endless number', () => readSentencepieceModel(new Uint8Array(20).fill(0xff)), 'more than ten bytes'],
];
test.each(refusals)('%s is refused with its reason', (_, read, reason) => {
  expect(read).toThrow(LlmxError);
  expect(read).toThrow(reason);
});

/** llama2.c's own way (run.c, encode): characters or their bytes, then the best pair again and again. */
function encodeAsLlama2c(text: string, vocabulary: readonly { piece: string; score: number }[]): number[] {
  const ids = new Map(vocabulary.map(({ piece }, id) => [piece, id]));
  const tokens = text === '' ? [] : [...` ${text}`].flatMap((character) => ids.get(character) ?? [...Buffer.from(character)].map((byte) => byte + 3));
  for (;;) {
    let [best, at, merged] = [-1e10, -1, -1];
    for (let index = 0; index + 1 < tokens.length; index++) {
      const id = ids.get(vocabulary[tokens[index]!]!.piece + vocabulary[tokens[index + 1]!]!.piece);
      if (id !== undefined && vocabulary[id]!.score > best) [best, at, merged] = [vocabulary[id]!.score, index, id];
    }
    if (at < 0) return [1, ...tokens];
    tokens.splice(at, 2, merged);
  }
}

const files = ['models/tok512.bin', 'models/stories260K.gguf', 'text/tinystories_1000.json'];
const missing = missingData(files);
describe.skipIf(missing.length > 0)(missing.length > 0 ? `stories260K needs ${missing.join(', ')} beside the checkout` : 'stories260K', () => {
  test('its llama2.c vocabulary is that of its GGUF', async () => {
    const { pieces, scores, types } = readLlama2cTokenizer(readFileSync(dataFile(files[0]!)), 512);
    const gguf = await readTokenizerFile(dataFile(files[1]!));
    if (gguf.kind !== 'sentencepiece') throw new Error(`the GGUF holds ${gguf.kind}`);
    expect(pieces).toEqual(gguf.pieces);
    expect(types).toEqual(gguf.types);
    expect(scores.map((score) => score + 0)).toEqual(gguf.scores.map((score) => score + 0));
  });

  test('texts get the ids of llama2.c', async () => {
    const bytes = readFileSync(dataFile(files[0]!));
    const { scores } = readLlama2cTokenizer(bytes);
    const vocabulary: { piece: string; score: number }[] = [];
    for (let at = 4; at < bytes.length;) {
      const length = bytes.readInt32LE(at + 4);
      vocabulary.push({ piece: bytes.toString('utf8', at + 8, at + 8 + length), score: scores[vocabulary.length]! });
      at += 8 + length;
    }
    const tokenizer = await createTokenizer(readLlama2cTokenizer(bytes));
    const stories = readJson<(string | { story: string })[]>(dataFile(files[2]!)).slice(0, 40);
    for (const entry of [...stories, '', ' ', 'caf\u00e9 \u{1f600}', 'a  b\n\n<s> <0x0A>', '"Hi," said Tom.']) {
      const text = typeof entry === 'string' ? entry : entry.story;
      const ids = tokenizer.encode(text, { parseSpecial: false });
      expect(ids, JSON.stringify(text.slice(0, 40))).toEqual(encodeAsLlama2c(text, vocabulary));
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });
});
