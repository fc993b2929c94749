// How byte-level vocabularies cut a text into words before merging: a row for each name of `tokenizer.ggml.pre`.
// The patterns are those of the models' own tokenizer.json files, in Oniguruma's dialect.
import { LlmxError } from '../base/error.js';
import { trustedMatcher } from './matcher.js';
import { parsePattern } from './pattern.js';
import { quoted } from './quoted.js';
import { groupThrees, inSequence, isolate, type Splitter } from './splitter.js';

export interface PreTokenizer {
  /** Each cuts the words of the one before at its matches; `threes` cuts runs of digits as large numbers are written. */
  readonly stages: readonly (string | { readonly threes: string })[];
  /** A word that is a piece is that piece, whether or not merges lead to it. */
  readonly wholeWords?: true;
  readonly normalize?: 'NFC';
  /** Pieces are spelled in characters, with a mark for the space and bytes as `<0xNN>`, instead of GPT-2's byte alphabet. */
  readonly characters?: true;
}

const raw = String.raw;
const contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const gpt2 = raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const modern = (digits: string): string => raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
/** Words by their case, as o200k has it; `tail` follows a word. */
const cased = (digits: string, tail: string): string => {
  const [upper, lower] = [raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`];
  const lead = raw`[^\r\n\p{L}\p{N}]?`;
  return raw`${lead}${upper}*${lower}+${tail}|${lead}${upper}+${lower}*${tail}|${digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
};
const symbolWords = (symbols: string): string =>
  raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + '`' + raw`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+${symbols}|\s+(?!\S)|\s+`;
const hanAndKana = raw`[\u{4e00}-\u{9fa5}\u{3040}-\u{309f}\u{30a0}-\u{30ff}]+`;
const bloom = raw` ?[^(\s|.,!?\u{2026}\u{3002}\u{ff0c}\u{3001}\u{964}\u{6d4}\u{60c})]+`;
const lines = raw`[^\n]+|[\n]+`;
/** A class from hexadecimal code points and ranges. */
const codePoints = (list: string): string => `[${list.replace(/[0-9a-f]+/g, '\\u{$&}').replaceAll(' ', '')}]`;
const casedLetters = codePoints(
  '41-5a 61-7a b5 c0-d6 d8-f6 f8-1ba 1bc-1bf 1c4-293 295-2af 370-373 376 377 37b-37d 37f 386 388-38a 38c 38e-3a1 3a3-3f5 3f7-481 48a-52f 531-556 ' +
    '10a0-10c5 13a0-13f5 13f8-13fd 1c90-1cba 1cbd-1cbf 1d00-1d2b 1d6b-1d77 1d79-1d9a 1e00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d ' +
    '1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 1fc6-1fcc 1fd0-1fd3 1fd6-1fdb 1fe0-1fec 1ff2-1ff4 1ff6-1ffc 2102 2107 210a-2113 2115 2119-211d 2124 ' +
    '2126 2128 212a-212d 212f-2134 2139 213c-213f 2145-2149 214e 2183 2184 2c00-2c7b 2c7e-2ce4 2ceb-2cee 2cf2 2cf3 a640-a66d a680-a69b a722-a76f ' +
    'a771-a787 a78b-a78e ab70-abbf fb00-fb06 fb13-fb17 ff21-ff3a ff41-ff5a 10400-1044f 104b0-104d3 104d8-104fb 10c80-10cb2 10cc0-10cf2 118a0-118df 1e900-1e943',
);
const asianScripts = codePoints(
  '4e00-9fff 3400-4dbf f900-faff 3040-309f 30a0-30ff ff65-ff9f 2f00-2fdf e40-e7f e80-eff 1780-17ff 1000-109f aa60-aa7f a9e0-a9ff ac00-d7af 1100-11ff',
);
/** The block that DeepSeek's first tokenizers isolate. */
const wideBlock = codePoints('4e00-9fa5 800-4e00 ac00-d7ff');

const gpt2Row: PreTokenizer = { stages: [gpt2] };
const digitsThenGpt2: PreTokenizer = { stages: [raw`\p{N}`, gpt2] };
const llama3: PreTokenizer = { stages: [modern(raw`\p{N}{1,3}`)], wholeWords: true };
const cl100k: PreTokenizer = { stages: [modern(raw`\p{N}{1,3}`)] };
const singleDigits: PreTokenizer = { stages: [modern(raw`\p{N}`)] };
const qwen2: PreTokenizer = { ...singleDigits, normalize: 'NFC' };
const gpt4o: PreTokenizer = { stages: [cased(raw`\p{N}{1,3}`, `${contractions}?`)] };
const deepseekV3: PreTokenizer = { stages: [raw`\p{N}{1,3}`, hanAndKana, symbolWords(raw`[\r\n]*|\s*[\r\n]+`)] };
const bailing: PreTokenizer = {
  stages: [raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`],
};
const cohere2: PreTokenizer = { stages: [{ threes: raw`(?<!\p{Nd})\p{Nd}+(?![\p{L}\p{M}\p{N}_])` }, cased(raw`\p{N}{1,3}`, `${contractions}?`)] };
const charactersByLine: PreTokenizer = { stages: [lines], characters: true };

const each = <Name extends string>(row: PreTokenizer, ...names: readonly Name[]): Record<Name, PreTokenizer> =>
  Object.fromEntries(names.map((name) => [name, row])) as Record<Name, PreTokenizer>;

export const preTokenizers = {
  default: { stages: [raw`[\p{P}\$\+<=>\^~\|]+`, gpt2, raw`\p{N}+`, '[0-9][0-9][0-9]'] },
  ...each(gpt2Row, 'gpt-2', 'phi-2', 'jina-es', 'jina-de', 'jina-v1-en', 'jina-v2-en', 'jina-v2-es', 'jina-v2-de', 'jina-v2-code', 'roberta-bpe'),
  ...each(gpt2Row, 'gigachat', 'a.x-4.0', 'mellum', 'jais', 'trillion', 'granite-docling', 'exaone4'),
  ...each({ ...gpt2Row, normalize: 'NFC' }, 'mpt', 'olmo', 'modern-bert'), // GPT-NeoX's vocabulary and its heirs
  ...each(digitsThenGpt2, 'starcoder', 'refact', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'),
  'command-r': { ...digitsThenGpt2, normalize: 'NFC' },
  falcon: { stages: [raw`[\p{P}\$\+<=>\^~\|` + '`]+', gpt2, '[0-9][0-9][0-9]'] },
  ...each(llama3, 'llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano', 'glm4', 'chatglm-bpe'),
  ...each(cl100k, 'dbrx', 'smaug-bpe'),
  minicpm5: { stages: [raw`\p{N}{1,3}`, modern(raw`\p{N}+`)], wholeWords: true },
  ...each(qwen2, 'qwen2', 'deepseek-r1-qwen', 'f2llmv2', 'kormo', 'megrez'),
  ...each(singleDigits, 'stablelm2', 'hunyuan', 'solar-open', 'grok-2'),
  qwen35: {
    stages: [raw`${contractions}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`],
    normalize: 'NFC',
  },
  laguna: { stages: [lines, modern(raw`\p{N}`)] },
  ufakzeka: { stages: [raw`[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`] },
  'seed-coder': { stages: [raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+`] },
  'exaone-moe': {
    stages: [raw`${contractions}|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`],
  },
  'jais-2': {
    stages: [
      raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+` +
        raw`|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}`,
    ],
  },
  ...each(bailing, 'bailingmoe', 'bailingmoe2', 'llada-moe'),
  ...each(gpt4o, 'gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'),
  'granite-embed-multi-97m': { ...gpt4o, wholeWords: true },
  ...each(cohere2, 'tiny_aya', 'cohere2moe'),
  tekken: { stages: [cased(raw`\p{N}`, '')], wholeWords: true },
  youtu: {
    stages: [
      raw`[\u{ac00}-\u{d7a3}\u{3131}-\u{318e}]+|[\u{ff01}\u{2026}\u{201c}\u{201d}\u{2018}\u{2019}\u{2014}\u{ff1a}\u{ff1b}\u{ff0c}\u{3001}-\u{303f}\u{fe30}-\u{fe4f}]+|[\u{3105}-\u{312f}]+|${hanAndKana}`,
      cased(raw`\p{N}`, `${contractions}?`),
    ],
    wholeWords: true,
  },
  'deepseek-llm': {
    stages: [
      raw`[\r\n]`,
      raw`\s?${casedLetters}+`,
      raw`\s?${codePoints('21-2f 3a-7e ff01-ff0f ff1a-ff5e 2018-201f 3000-3002')}+`,
      raw`(?<!\s)\s+$`,
      `${wideBlock}+`,
      raw`\p{N}+`,
    ],
  },
  'deepseek-coder': { stages: [raw`[\r\n]`, raw`\s?\p{L}+`, raw`\s?\p{P}+`, `${wideBlock}+`, raw`\p{N}`] },
  ...each(deepseekV3, 'deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'),
  spark2_5: { stages: [raw`\p{N}{1,3}`, hanAndKana, symbolWords(raw`|[\r\n]`), raw`\p{N}`] },
  afmoe: { stages: [{ threes: raw`\p{N}+` }, `${asianScripts}+`, symbolWords(raw`[\r\n]*|\s*[\r\n]+`)] },
  superbpe: { stages: [raw`\p{N}+`, { threes: raw`\p{Nd}+` }] },
  ...each({ stages: [bloom] }, 'bloom', 'poro-chat', 'gpt3-finnish'),
  viking: { stages: [bloom, raw`\p{N}`] },
  chameleon: {
    stages: ['<sentinel:[0-9]+>', '(?:IMGIMG)(?:A|B|C|D|E|F|G|H|I){1,4}Z', raw`[\t\n]|    |  `, raw`\p{N}`, raw`[\p{P}!-/:-@\[-` + '`{-~]', gpt2],
  },
  ...each(charactersByLine, 'gemma4', 'granite-embed-multi-311m', 'sarvam-moe'),
} as const satisfies Record<string, PreTokenizer>;

/** The row of a name of `tokenizer.ggml.pre`. */
export function findPreTokenizer(name: string): PreTokenizer {
  if (Object.hasOwn(preTokenizers, name)) return preTokenizers[name as keyof typeof preTokenizers];
  throw new LlmxError(
    'unsupported',
    `tokenizer.ggml.pre is ${quoted(name)}, which is not a known pre-tokenizer`,
    'Convert the model from its Hugging Face folder, whose tokenizer.json spells its pattern out',
  );
}

/** The splitter that a row describes. Its patterns are ours, and tests hold that none is slow on long runs. */
export const createSplitter = (row: PreTokenizer): Splitter =>
  inSequence(
    row.stages.map((stage) =>
      typeof stage === 'string' ? isolate(trustedMatcher(parsePattern(stage))) : groupThrees(trustedMatcher(parsePattern(stage.threes))),
    ),
  );
