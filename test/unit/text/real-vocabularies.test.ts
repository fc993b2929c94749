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

const t5 = 't5-small.tokenizer.json';
const missingT5 = missingData([`tokenizers/${t5}`]);
describe.skipIf(missingT5.length > 0)(missingT5.length > 0 ? `t5-small needs ${missingT5.join(', ')} beside the checkout` : 't5-small', () => {
  // ids by Hugging Face's tokenizers 0.23.3; the JavaScript library differs on compatibility characters
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['e\u0301@1\u200d>', [3, 154, 1741, 536, 2490]],
    ['\u201c</s>\u0663\u201c\u00c5\\\n\n\u3001', [105, 1, 3, 2, 735, 2, 3, 2]],
    ["\ud55c\uad6d\u00c5\ud800\udf48\u00aa'S're\u200b]\u0000\u30ab", [3, 2, 9, 31, 134, 31, 60, 3, 908, 2]],
    ['code(x);\u2026\u2581', [1081, 599, 226, 3670, 233]],
    ['\ufeff("\u00e9\u30ab|=', [13308, 154, 2, 9175, 2423]],
    ["\u4f60\u597d{\ud800\udf48/ \r\n's", [3, 2, 87, 3, 31, 7]],
    ['\u3002  \u2167!~', [3, 2, 27936, 55, 2]],
    ['\ufffd\u2581{\n\n\t', [3, 2]],
    ['>\ud800\udf48\u06d4...1[\u30ab\u201d\u0301\u65e5\u672c1K\u06d4\ufffd', [2490, 2, 233, 536, 6306, 2, 153, 2, 536, 439, 2]],
    ['\u201c\u0000<|im_start|>', [105, 2, 9175, 603, 834, 10208, 9175, 3155]],
  ];
  test('has the ids of its own tokenizer', async () => {
    const tokenizer = await createTokenizer({ kind: 'tokenizer-json', tokenizer: readJson(dataFile(`tokenizers/${t5}`)), config: {} });
    for (const [text, ids] of rows) expect(tokenizer.encode(text, { special: false }), JSON.stringify(text)).toEqual(ids);
    expect(tokenizer.encode('The house is wonderful.')).toEqual([37, 629, 19, 1627, 5, 1]);
    expect(tokenizer.decode([37, 629, 19, 1627, 5, 1])).toBe('The house is wonderful.');
  });

  test('long texts of any script take no quadratic time', async () => {
    const tokenizer = await createTokenizer({ kind: 'tokenizer-json', tokenizer: readJson(dataFile(`tokenizers/${t5}`)), config: {} });
    for (const unit of ['a', 'a\u0301', '\u4e2d', '\u0e01\u0e33', '\u0301', '\u{1f468}\u200d']) {
      expect(tokenizer.encode(unit.repeat(20_000)).length, JSON.stringify(unit)).toBeGreaterThan(1);
    }
  });
});
