// Every form of the fixtures' vocabularies against ids and texts from sentencepiece and Hugging Face's tokenizers.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTokenizerFile } from '../../../src/core/checkpoints/tokenizer-file.js';
import { createDetokenizer } from '../../../src/core/text/detokenizer.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { readSentencepieceModel } from '../../../src/core/text/sentencepiece-model.js';
import type { Tokenizer, TokenizerSource } from '../../../src/core/text/tokenizer.js';
import { fixture, readJson } from './support.js';

interface Golden {
  readonly vocabulary: number;
  readonly cases: readonly { text: string; ids: number[]; decoded: string }[];
  readonly special: readonly { text: string; ids: number[]; idsSpecialOff?: number[]; decoded: string; decodedSkipSpecial?: string }[];
  readonly decode: readonly { ids: number[]; decoded: string }[];
  readonly withPostProcessor?: readonly { text: string; ids: number[] }[];
}

const readSource = async (file: string): Promise<TokenizerSource> =>
  file.endsWith('.model')
    ? readSentencepieceModel(readFileSync(fixture(file)))
    : file.endsWith('.json')
      ? { kind: 'tokenizer-json', tokenizer: readJson(fixture(file)), config: {} }
      : readTokenizerFile(fixture(file));

const files = [
  'spm-bpe.model',
  'spm-bpe.gguf',
  'bpe-gpt2.tokenizer.json',
  'bpe-gpt2.gguf',
  'bpe-llama3.tokenizer.json',
  'bpe-llama3.gguf',
  'bpe-qwen2.tokenizer.json',
  'bpe-qwen2.gguf',
];
const streamed = (tokenizer: Tokenizer, ids: readonly number[], special: boolean): string => {
  const detokenizer = createDetokenizer(tokenizer, { special });
  return ids.map(detokenizer.push).join('') + detokenizer.finish();
};

describe.each(files)('%s', async (file) => {
  const golden = readJson<Golden>(fixture(`${file.split('.')[0]}.json`));
  const tokenizer = await createTokenizer(await readSource(file));
  // SentencePiece has no switch that reads control pieces in a text
  const parseSpecial = !file.startsWith('spm');

  test('has the size of the vocabulary', () => expect(tokenizer.size).toBe(golden.vocabulary));

  test('encodes and decodes plain texts', () => {
    for (const { text, ids, decoded } of golden.cases) {
      expect(tokenizer.encode(text, { special: false, parseSpecial }), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.decode(ids, { special: true }), JSON.stringify(ids)).toBe(decoded);
      expect(streamed(tokenizer, ids, true), JSON.stringify(ids)).toBe(decoded);
    }
  });

  test('reads special pieces where they are wanted', () => {
    for (const { text, ids, idsSpecialOff, decoded, decodedSkipSpecial } of golden.special) {
      expect(tokenizer.encode(text, { special: false, parseSpecial }), JSON.stringify(text)).toEqual(ids);
      if (idsSpecialOff) expect(tokenizer.encode(text, { special: false, parseSpecial: false }), JSON.stringify(text)).toEqual(idsSpecialOff);
      expect(tokenizer.decode(ids, { special: true })).toBe(decoded);
      if (decodedSkipSpecial !== undefined) expect(tokenizer.decode(ids)).toBe(decodedSkipSpecial);
    }
  });

  test('decodes cut characters and control pieces', () => {
    for (const { ids, decoded } of golden.decode) {
      if (!parseSpecial && ids.includes(0)) continue; // SentencePiece prints a sign for the unknown piece, which here never prints
      const text = tokenizer.decode(ids, { special: parseSpecial });
      // SentencePiece writes one replacement character for each wrong byte, Unicode's advice one for each cut character
      const squeeze = (value: string): string => (parseSpecial ? value : value.replace(/\ufffd+/g, '\ufffd'));
      expect(squeeze(text), JSON.stringify(ids)).toBe(squeeze(decoded));
      expect(streamed(tokenizer, ids, parseSpecial)).toBe(text);
    }
  });

  test('puts the marks around a text', () => {
    for (const { text, ids } of golden.withPostProcessor ?? []) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });
});

test('the model file and the GGUF file of one vocabulary are one source', async () => {
  expect(await readSource('spm-bpe.model')).toEqual({ ...(await readSource('spm-bpe.gguf')), file: undefined });
});
