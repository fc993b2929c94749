// Real vocabularies against the vectors of llama.cpp and jtokkit, and against the library of Hugging Face.
import { readFileSync } from 'node:fs';
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { beforeAll, describe, expect, test } from 'vitest';
import { readTokenizerFile } from '../../../src/core/checkpoints/tokenizer-file.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { readSentencepieceModel } from '../../../src/core/text/sentencepiece-model.js';
import type { Tokenizer, TokenizerSource } from '../../../src/core/text/tokenizer.js';
import { createDice, dataFile, fuzzText, missingData, readJson, readTiktokenSource, wellFormed } from './support.js';

interface Row {
  readonly name: string;
  readonly files: readonly string[];
  readonly source: () => TokenizerSource | Promise<TokenizerSource>;
  readonly vectors: () => { text: string; ids: number[] }[];
}

/** Texts and ids of llama.cpp's vocabulary tests. */
function llamaVectors(name: string): { text: string; ids: number[] }[] {
  const texts = readFileSync(dataFile(`tokenizers/ggml-vocab-${name}.gguf.inp`), 'utf8').split('\n__ggml_vocab_test__\n');
  const lines = readFileSync(dataFile(`tokenizers/ggml-vocab-${name}.gguf.out`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line, index) => ({ text: texts[index]!, ids: line.trim() === '' ? [] : line.trim().split(' ').map(Number) }));
}

/** Rows `input,"[ids]","[first ids]"`; the input is quoted where it has to be. */
function jtokkitVectors(): { text: string; ids: number[] }[] {
  const csv = readFileSync(dataFile('tokenizers/cl100k_base_encodings.csv'), 'utf8');
  return [...csv.matchAll(/(?:^|\n)(?:"((?:[^"]|"")*)"|([^"\n]*)),"(\[[\d, ]*\])","/g)].map(([, quoted, plain, ids]) => ({
    text: quoted?.replaceAll('""', '"') ?? plain!,
    ids: JSON.parse(ids!) as number[],
  }));
}

const inp = (name: string): string[] => [`tokenizers/ggml-vocab-${name}.gguf.inp`, `tokenizers/ggml-vocab-${name}.gguf.out`];
const gguf = (name: string): Row => ({
  name,
  files: [`tokenizers/ggml-vocab-${name}.gguf`, ...inp(name)],
  source: () => readTokenizerFile(dataFile(`tokenizers/ggml-vocab-${name}.gguf`)),
  vectors: () => llamaVectors(name),
});
const tiktoken = (name: string, file: string, preTokenizer: string, vectors: () => { text: string; ids: number[] }[], more: string[]): Row => ({
  name,
  files: [`tokenizers/${file}`, ...more],
  source: () => readTiktokenSource(dataFile(`tokenizers/${file}`), preTokenizer),
  vectors,
});

const rows: readonly Row[] = [
  ...['gpt-2', 'llama-spm', 'phi-3', 'deepseek-coder', 'falcon'].map(gguf),
  tiktoken('llama-bpe', 'llama3.tiktoken.model', 'llama-bpe', () => llamaVectors('llama-bpe'), inp('llama-bpe')),
  tiktoken('qwen2', 'qwen.tiktoken', 'qwen2', () => llamaVectors('qwen2'), inp('qwen2')),
  tiktoken('cl100k', 'cl100k_base.tiktoken', 'dbrx', jtokkitVectors, ['tokenizers/cl100k_base_encodings.csv']),
  {
    name: 'llama2.spm.model',
    files: ['tokenizers/llama2.spm.model', ...inp('llama-spm')],
    source: () => readSentencepieceModel(readFileSync(dataFile('tokenizers/llama2.spm.model'))),
    vectors: () => llamaVectors('llama-spm'),
  },
];

describe.each(rows)('$name', ({ files, source, vectors }) => {
  const missing = missingData(files);
  describe.skipIf(missing.length > 0)(missing.length > 0 ? `needs ${missing.join(', ')} beside the checkout` : 'real files', () => {
    let tokenizer: Tokenizer;
    beforeAll(async () => void (tokenizer = await createTokenizer(await source())));

    test('has the ids of the vectors', () => {
      const all = vectors();
      expect(all.length).toBeGreaterThan(40);
      for (const { text, ids } of all) expect(tokenizer.encode(text, { special: false, parseSpecial: false }), JSON.stringify(text)).toEqual(ids);
    });

    test('brings back any text', () => {
      const dice = createDice(1);
      for (let round = 0; round < 300; round++) {
        const text = wellFormed(fuzzText(dice, 1 + dice(12)).normalize('NFC')).replaceAll('\u2581', '');
        expect(tokenizer.decode(tokenizer.encode(text, { special: false, parseSpecial: false }))).toBe(text);
      }
    });
  });
});

const smollm = 'tokenizers/smollm2.tokenizer.json';
const wiki = 'text/wiki.test.raw';
const missing = missingData([smollm, wiki]);
describe.skipIf(missing.length > 0)(missing.length > 0 ? `smollm2 needs ${missing.join(', ')} beside the checkout` : 'smollm2', () => {
  test('has the ids of the library', async () => {
    const json = readJson<{ [key: string]: never }>(dataFile(smollm));
    const library = new LibraryTokenizer(json, { clean_up_tokenization_spaces: false });
    const tokenizer = await createTokenizer({ kind: 'tokenizer-json', tokenizer: json, config: {} });
    const dice = createDice(2);
    const lines = readFileSync(dataFile(wiki), 'utf8').split('\n').slice(0, 400);
    // the library takes JavaScript's white space for Unicode's: U+FEFF is none, U+0085 is one
    const odd = Array.from({ length: 400 }, () => wellFormed(fuzzText(dice, 1 + dice(12))).replace(/[\ufeff\u0085]/g, ''));
    for (const text of [...lines, ...odd]) {
      if (text !== '') expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(library.encode(text).ids);
    }
  });
});
