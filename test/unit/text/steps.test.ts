// The steps of tokenizer.json and the dialect of its patterns. Expected values: Hugging Face's tokenizers 0.23.3.
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { spellBytes } from '../../../src/core/text/byte-alphabet.js';
import { compilePattern } from '../../../src/core/text/pattern.js';
import { readNormalizer } from '../../../src/core/text/tokenizer-json-normalizers.js';
import { readPreTokenizer } from '../../../src/core/text/tokenizer-json-pre-tokenizers.js';

const text = "Hello,  it's ¡Ça! 12½3 ▁x\n\n y٣-z ";
const byteLevel = { type: 'ByteLevel', trim_offsets: true } as const;
const metaspace = { type: 'Metaspace', replacement: '▁' } as const;
const preTokenizers = [
  [
    { ...byteLevel, add_prefix_space: true, use_regex: true },
    ['ĠHello', ',', 'Ġ', 'Ġit', "'s", 'ĠÂ¡', 'Ãĩa', '!', 'Ġ12Â½3', 'Ġâĸģ', 'x', 'ĊĊ', 'Ġy', 'Ù£', '-', 'z', 'Ġ'],
  ],
  [{ ...byteLevel, add_prefix_space: false, use_regex: false }, ["Hello,ĠĠit'sĠÂ¡Ãĩa!Ġ12Â½3ĠâĸģxĊĊĠyÙ£-zĠ"]],
  [{ type: 'Digits', individual_digits: true }, ["Hello,  it's ¡Ça! ", '1', '2', '½', '3', ' ▁x\n\n y', '٣', '-z ']],
  [{ type: 'Digits', individual_digits: false }, ["Hello,  it's ¡Ça! ", '12½3', ' ▁x\n\n y', '٣', '-z ']],
  [{ type: 'Punctuation', behavior: 'Isolated' }, ['Hello', ',', '  it', "'", 's ', '¡', 'Ça', '!', ' 12½3 ▁x\n\n y٣', '-', 'z ']],
  [{ type: 'Punctuation', behavior: 'Contiguous' }, ['Hello', ',', '  it', "'", 's ', '¡', 'Ça', '!', ' 12½3 ▁x\n\n y٣', '-', 'z ']],
  [{ type: 'Punctuation', behavior: 'MergedWithPrevious' }, ['Hello,', "  it'", 's ¡', 'Ça!', ' 12½3 ▁x\n\n y٣-', 'z ']],
  [{ type: 'Punctuation', behavior: 'MergedWithNext' }, ['Hello', ',  it', "'s ", '¡Ça', '! 12½3 ▁x\n\n y٣', '-z ']],
  [{ type: 'Punctuation', behavior: 'Removed' }, ['Hello', '  it', 's ', 'Ça', ' 12½3 ▁x\n\n y٣', 'z ']],
  [{ type: 'Whitespace' }, ['Hello', ',', 'it', "'", 's', '¡', 'Ça', '!', '12', '½', '3', '▁', 'x', 'y٣', '-', 'z']],
  [{ type: 'WhitespaceSplit' }, ['Hello,', "it's", '¡Ça!', '12½3', '▁x', 'y٣-z']],
  [{ type: 'CharDelimiterSplit', delimiter: '-' }, ["Hello,  it's ¡Ça! 12½3 ▁x\n\n y٣", 'z ']],
  [{ ...metaspace, prepend_scheme: 'always', split: true }, ['▁Hello,', '▁', "▁it's", '▁¡Ça!', '▁12½3', '▁', '▁x\n\n', '▁y٣-z', '▁']],
  [{ ...metaspace, prepend_scheme: 'first', split: false }, ["▁Hello,▁▁it's▁¡Ça!▁12½3▁▁x\n\n▁y٣-z▁"]],
  [{ ...metaspace, prepend_scheme: 'never', split: true }, ['Hello,', '▁', "▁it's", '▁¡Ça!', '▁12½3', '▁', '▁x\n\n', '▁y٣-z', '▁']],
  [
    { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithNext', invert: false },
    ['Hello,', ' ', " it's", ' ¡Ça!', ' 12½3', ' ▁x\n\n', ' y٣-z', ' '],
  ],
  [{ type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'Removed', invert: false }, ['Hello,', "it's", '¡Ça!', '12½3', '▁x', 'y٣-z']],
  [{ type: 'Split', pattern: { Regex: '\\p{L}+' }, behavior: 'Removed', invert: true }, ['Hello', 'it', 's', 'Ça', 'x', 'y', 'z']],
  [
    { type: 'Split', pattern: { Regex: '\\w+' }, behavior: 'Contiguous', invert: true },
    ['Hello', ',  ', 'it', "'", 's', ' ¡', 'Ça', '! ', '12½3', ' ▁', 'x', '\n\n ', 'y٣', '-', 'z', ' '],
  ],
  [
    {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Punctuation', behavior: 'Contiguous' },
        { ...byteLevel, add_prefix_space: false, use_regex: true },
        { type: 'Digits', individual_digits: false },
        { type: 'Split', pattern: { Regex: '[0-9][0-9][0-9]' }, behavior: 'Isolated', invert: false },
      ],
    },
    ['Hello', ',', 'Ġ', 'Ġit', "'", 's', 'Ġ', 'Â¡', 'Ãĩa', '!', 'Ġ', '12', 'Â', '½3', 'Ġâĸģ', 'x', 'ĊĊ', 'Ġy', 'Ù£', '-', 'z', 'Ġ'],
  ],
  [
    { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { ...metaspace, prepend_scheme: 'always', split: true }] },
    ['▁Hello,', "▁it's", '▁¡Ça!', '▁12½3', '▁x', '▁y٣-z'],
  ],
] as const;

describe('pre-tokenizers', () => {
  test.each(preTokenizers)('%j', (step, words) => {
    const preTokenize = readPreTokenizer(step)!;
    const found: string[] = [];
    preTokenize.split(text, true, (word) => found.push(preTokenize.inBytes ? spellBytes(word) : word));
    expect(found).toEqual(words);
  });

  test.each([
    { type: 'UnicodeScripts' },
    { type: 'toString' },
    { type: 'Sequence', pretokenizers: [{ type: 'BertPreTokenizer' }] },
    { type: 'Split', pattern: { Regex: '[a[b]]' }, behavior: 'Isolated' },
    {},
    'Digits',
  ])('%j is left to the library', (step) => expect(readPreTokenizer(step)).toBeUndefined());
});

const odd = '  \u00c5\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 e\u0301  \u0130x \u00bd ';
const normalizers = [
  [null, odd],
  [{ type: 'NFC' }, '  \u00c5\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 \u00e9  \u0130x \u00bd '],
  [{ type: 'NFD' }, '  A\u030a\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 e\u0301  I\u0307x \u00bd '],
  [{ type: 'NFKC' }, '  \u00c5\u03a3 \u039f\u0394\u039f\u03a3 fi \u00e9  \u0130x 1\u20442 '],
  [{ type: 'NFKD' }, '  A\u030a\u03a3 \u039f\u0394\u039f\u03a3 fi e\u0301  I\u0307x 1\u20442 '],
  [{ type: 'Lowercase' }, '  \u00e5\u03c3 \u03bf\u03b4\u03bf\u03c3 \ufb01 e\u0301  i\u0307x \u00bd '],
  [{ type: 'Strip', strip_left: true, strip_right: true }, '\u00c5\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 e\u0301  \u0130x \u00bd'],
  [{ type: 'Strip', strip_left: false, strip_right: true }, '  \u00c5\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 e\u0301  \u0130x \u00bd'],
  [{ type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'StripAccents' }] }, '  A\u03a3 \u039f\u0394\u039f\u03a3 \ufb01 e  Ix \u00bd '],
  [
    { type: 'Replace', pattern: { Regex: '\\s+' }, content: '$0 ' },
    '$0 \u00c5\u03a3$0 \u039f\u0394\u039f\u03a3$0 \ufb01$0 e\u0301$0 \u0130x$0 \u00bd$0 ',
  ],
  [
    {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    '▁▁▁\u00c5\u03a3▁\u039f\u0394\u039f\u03a3▁\ufb01▁e\u0301▁▁\u0130x▁\u00bd▁',
  ],
] as const;

describe('normalizers', () => {
  test.each(normalizers)('%j', (step, normalized) => expect(readNormalizer(step)!(odd)).toBe(normalized));
  test.each([{ type: 'Precompiled' }, { type: 'constructor' }, { type: 'Sequence', normalizers: [{ type: 'BertNormalizer' }] }])(
    '%j is left to the library',
    (step) => expect(readNormalizer(step)).toBeUndefined(),
  );
});

const sample = "It'\u017f he'Ll K aaab 中文 12\u0663 xxx\nb\u0085\ufeff a.b-c@ {x} aac is this s deadbeef";
const patterns = [
  ["(?i:'s|'LL|k)", ["'\u017f", "'Ll", 'K']],
  ['a++b', ['aaab']],
  ['(?>a+)b', ['aaab']],
  ['[^\\s]+', ["It'\u017f", "he'Ll", 'K', 'aaab', '中文', '12\u0663', 'xxx', 'b', '\ufeff', 'a.b-c@', '{x}', 'aac', 'is', 'this', 's', 'deadbeef']],
  ['\\d+', ['12\u0663']],
  ['\\w+', ['It', '\u017f', 'he', 'Ll', 'K', 'aaab', '中文', '12\u0663', 'xxx', 'b', 'a', 'b', 'c', 'x', 'aac', 'is', 'this', 's', 'deadbeef']],
  ['[[:punct:]]+', ["'", "'", '.', '-', '@', '{', '}']],
  ['\\p{Han}+', ['中文']],
  ['x{1,2}+', ['xxx', 'x']],
  ['^b|b$', ['b']],
  ['\\bis\\b', ['is']],
  ['(?<n>a)(b)', ['ab']],
  ['[\\-a]+', ['aaa', 'a', '-', 'aa', 'a']],
  ['\\x61\\u0062', ['ab']],
  ['a{,2}c', ['c', 'aac']],
  ['\\h+', ['e', 'aaab', '12', 'b', 'a', 'b', 'c', 'aac', 'deadbeef']],
  ['(?i)STRASSE|s', ['\u017f', 's', 's', 's']],
  ['[\\w.-]+@', ['a.b-c@']],
  ['{x}', ['{x}']],
] as const;

describe('patterns', () => {
  test.each(patterns)('%s', (pattern, matches) => expect(sample.match(compilePattern(pattern, 'g'))).toEqual(matches));
  test.each(['(', ')', '[a', '+', 'a\\', '[a&&b]', '[a[b]]', '\\p{Nonsense}', '\\q', '(?#x)', '[b-a]', '\\x{110000}', '[[:toString:]]'])(
    '%s is refused',
    (pattern) => expect(() => compilePattern(pattern)).toThrow(LlmxError),
  );
});
