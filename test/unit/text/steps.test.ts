// The steps of tokenizer.json and the dialect of its patterns. Expected values: Hugging Face's tokenizers 0.23.3.
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Json } from '../../../src/core/base/event.js';
import { spellBytes } from '../../../src/core/text/byte-alphabet.js';
import { boundedMatcher } from '../../../src/core/text/bounded-matcher.js';
import { trustedMatcher, type Matcher } from '../../../src/core/text/matcher.js';
import { parsePattern } from '../../../src/core/text/pattern.js';
import { createLimits, type Limits } from '../../../src/core/text/limits.js';
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
  [{ type: 'BertPreTokenizer' }, ['Hello', ',', 'it', "'", 's', '¡', 'Ça', '!', '12½3', '▁x', 'y٣', '-', 'z']],
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

const limitsFor = (whole: string): Limits => {
  const limits = createLimits();
  limits.reset(whole.length);
  return limits;
};

describe('pre-tokenizers', () => {
  test.each(preTokenizers)('%j', (step, words) => {
    const preTokenize = readPreTokenizer(step, limitsFor(text));
    const found: string[] = [];
    preTokenize.split(text, true, (word) => found.push(preTokenize.inBytes ? spellBytes(word) : word));
    expect(found).toEqual(words);
  });

  test.each<[Json, RegExp]>([
    [{ type: 'UnicodeScripts' }, /the pre-tokenizer "UnicodeScripts" is not supported/],
    [{ type: 'toString' }, /the pre-tokenizer "toString" is not supported/],
    [{ type: 'Sequence', pretokenizers: [{ type: 'FixedLength' }] }, /the pre-tokenizer "FixedLength" is not supported/],
    [{ type: 'Split', pattern: { Regex: '[a[b]' }, behavior: 'Isolated' }, /an unclosed class/],
    [{ type: 'Split', pattern: { Regex: 'a' }, behavior: 'Sideways' }, /behavior of a pre-tokenizer is "Sideways"/],
    [{ type: 'Split', pattern: { Other: 'a' }, behavior: 'Isolated' }, /neither a String nor a Regex/],
    [{ type: 'Metaspace', replacement: '__' }, /"__", not one character/],
    [{}, /the pre-tokenizer an object is not supported/],
    ['Digits', /the pre-tokenizer "Digits" is not supported/],
    [{ type: 'Sequence', pretokenizers: Array.from({ length: 65 }, () => ({ type: 'Digits' })) }, /more than 64 steps/],
  ])('%.60j is refused', (step, message) => {
    expect(() => readPreTokenizer(step, createLimits())).toThrow(LlmxError);
    expect(() => readPreTokenizer(step, createLimits())).toThrow(message);
  });
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

const bertText = 'Ça\u0000\tb\u200bé 中文x\ufffd\u00a0İIΣ\ud7a4';
const bert = [
  [{}, 'ca be  中  文 x iiσ\ud7a4'],
  [{ lowercase: false }, 'Ça bé  中  文 x İIΣ\ud7a4'],
  [{ lowercase: false, strip_accents: true, handle_chinese_chars: false, clean_text: false }, 'Ca\u0000\tb\u200be 中文x\ufffd\u00a0IIΣ\ud7a4'],
] as const;

describe('normalizers', () => {
  test.each(bert)('BertNormalizer %j', (options, normalized) =>
    expect(readNormalizer({ type: 'BertNormalizer', ...options }, limitsFor(bertText))(bertText)).toBe(normalized),
  );
  test.each(normalizers)('%j', (step, normalized) => expect(readNormalizer(step, limitsFor(odd))(odd)).toBe(normalized));
  test.each<[Json, RegExp]>([
    [{ type: 'Precompiled' }, /rules have 0 bytes/],
    [{ type: 'Precompiled', precompiled_charsmap: '*' }, /"\*" is not base64/],
    [{ type: 'constructor' }, /the normalizer "constructor" is not supported/],
    [{ type: 'Sequence', normalizers: [{ type: 'Nmt' }] }, /the normalizer "Nmt" is not supported/],
    [{ type: 'Replace', pattern: { String: 'a' }, content: 1 }, /replaces by 1, not a text/],
    [{ type: 'Replace', pattern: { String: '' }, content: 'x' }, /a text of 0 characters/],
    [{ type: 'Sequence', normalizers: Array.from({ length: 65 }, () => ({ type: 'NFC' })) }, /more than 64 steps/],
  ])('%j is refused', (step, message) => {
    expect(() => readNormalizer(step, createLimits())).toThrow(LlmxError);
    expect(() => readNormalizer(step, createLimits())).toThrow(message);
  });
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
  ['[\\p{L}&&[^a-z]]+', ['I', '\u017f', 'L', 'K', '中文']],
  ['[ab[xd]&&[^b]]{2,}', ['aaa', 'xxx', 'aa', 'ad']],
  ['[^\\s[a-z]]+', ['I', "'\u017f", "'L", 'K', '中文', '12\u0663', '\ufeff', '.', '-', '@', '{', '}']],
  ['[a-c&&b-d]+', ['b', 'b', 'b', 'c', 'c', 'b']],
  ['[^a-y&&[^ -`]]+', ['I', "'\u017f ", "'L", ' K ', ' 中文 12\u0663 ', '\n', '\u0085\ufeff ', '.', '-', '@ {', '} ', ' ', ' ', ' ', ' ']],
  ['x{,2}', ['xx', 'x', 'x']],
  ['(?>a|ab)b', ['ab']],
  ['(?>a|c)+b', ['aaab']],
] as const;

const matches = (matcher: Matcher, searched: string): string[] => {
  const found: string[] = [];
  for (let at = 0; matcher.find(searched, at); at = matcher.end) found.push(searched.slice(matcher.start, matcher.end));
  return found;
};

describe('patterns', () => {
  test.each(patterns)('%s', (pattern, expected) => {
    const node = parsePattern(pattern);
    expect(matches(trustedMatcher(node), sample)).toEqual(expected);
    expect(matches(boundedMatcher(node, pattern, { steps: 100_000 }), sample)).toEqual(expected);
  });
  test.each([
    '(',
    ')',
    '[a',
    '+',
    'a\\',
    'a**',
    '[a&&]',
    '[[[[[[[[[a]]]]]]]]]',
    '('.repeat(101),
    '\\p{Nonsense}',
    '\\q',
    '(?#x)',
    '[b-a]',
    '(?<=a++)b',
    '\\x{110000}',
    '[[:toString:]]',
    'a{3,2}',
  ])('%s is refused', (pattern) => expect(() => parsePattern(pattern)).toThrow(LlmxError));
});
