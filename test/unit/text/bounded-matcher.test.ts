// Patterns of files: none takes more than linear time, those of real tokenizers pass, and matches are those of JavaScript's engine.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { JsonObject } from '../../../src/core/base/event.js';
import { boundedMatcher } from '../../../src/core/text/bounded-matcher.js';
import { readMatcher } from '../../../src/core/text/file-patterns.js';
import { createTokenizer } from '../../../src/core/text/index.js';
import { createLimits } from '../../../src/core/text/limits.js';
import { trustedMatcher, type Matcher } from '../../../src/core/text/matcher.js';
import { parsePattern } from '../../../src/core/text/pattern.js';
import { preTokenizers, type PreTokenizer } from '../../../src/core/text/pre-tokenizers.js';
import { createDice, dataFile, fixture, fuzzText, missingData, readJson, wellFormed } from './support.js';

/** Places of all matches, up to a step that is refused. */
function places(matcher: Matcher, text: string): readonly (readonly [number, number])[] | 'refused' {
  const found: [number, number][] = [];
  try {
    for (let at = 0; at < text.length && matcher.find(text, at); at = matcher.end) found.push([matcher.start, matcher.end]);
    return found;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LlmxError);
    expect((thrown as LlmxError).message).toMatch(/takes too many steps on this text/);
    return 'refused';
  }
}
const bounded = (source: string, steps = 1e6): Matcher => boundedMatcher(parsePattern(source), source, { steps });
const read = (source: string): Matcher => readMatcher({ Regex: source }, createLimits());
const trusted = (source: string): Matcher => trustedMatcher(parsePattern(source));

const evil: readonly (readonly [pattern: string, unit: string])[] = [
  ['(a+)+$', 'a'],
  ['(a|a)+$', 'a'],
  ['(a|aa)+$', 'a'],
  ['(?:a+a+)+b', 'a'],
  ['(?:[ab]+[ac]+)+d', 'a'],
  ['(?:\\s*\\S+)+x', 'ab '],
  ['(?:(?:a{1,3}){1,9}){1,9}b', 'a'],
  ['(?=(?:a|aa)+$)b', 'a'],
  ['(?<=(?:a|aa)+b)a', 'a'],
  ['(?>(?:a|aa)+c)a', 'a'],
  ['a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaab', 'a'],
  ['a*a*a*a*a*b', 'a'],
  ['a*b', 'a'],
  ['(.*)(.*)(.*)(.*)x', 'a '],
  ['(?:a|b|ab)*c', 'ab'],
  ['([a-z]|[a-y])*!', 'q'],
];

describe('patterns that are built to hang', () => {
  test.each(evil)('%s', (pattern, unit) => {
    for (const length of [40, 400, 20_000]) places(bounded(pattern, 300_000), `${unit.repeat(length / unit.length)}!`);
  });

  test('cost a second or two at most', () => {
    const limits = createLimits();
    limits.reset(100_000);
    expect(limits.steps).toBeLessThan(1e8);
    expect(places(boundedMatcher(parsePattern('(a|aa)+$'), '(a|aa)+$', limits), `${'a'.repeat(100_000)}!`)).toBe('refused');
    expect(limits.steps).toBe(-1);
  }, 60_000);

  test('end in an error that names the pattern', async () => {
    const tokenizer = await createTokenizer({
      kind: 'tokenizer-json',
      tokenizer: {
        pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' },
        model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
      },
      config: {},
    });
    expect(tokenizer.encode('aab')).toEqual([0, 0, 1]);
    expect(() => tokenizer.encode(`${'a'.repeat(60)}b`)).toThrow(/the tokenizer's pattern "\(a\+\)\+\$" takes too many/);
  });

  test.each([
    ['(?:a*)*', /may match nothing/],
    ['(?:\\s*\\S*)*x', /may match nothing/],
    ['(?:a|b*)+', /may match nothing/],
    ['(?:a?){40}a{40}b', /may match nothing/],
    ['(?:){9999999}', /may match nothing/],
    ['(?=a)*', /may match nothing/],
    ['a{100000}', /more than 4096 instructions/],
    ['(?:a{99}){99}', /more than 4096 instructions/],
    ['a'.repeat(70_000), /70000 characters/],
  ])('%#: refused when they are read', (pattern, message) => {
    expect(() => read(pattern)).toThrow(LlmxError);
    expect(() => read(pattern)).toThrow(message);
  });
});

const known = [...new Set(Object.values<PreTokenizer>(preTokenizers).flatMap(({ stages }) => stages))].map((stage) =>
  typeof stage === 'string' ? stage : stage.threes,
);
const contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
/** Patterns of tokenizers in use that no row has as it stands. */
const others = [
  String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, // CLIP
  String.raw`[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+${contractions}?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*${contractions}?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, // Kimi
  String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`, // cl100k
  String.raw`(?:^|[^\r\n\p{L}\p{N}])\p{L}+|\p{N}{1,2}(?=(?:\d{3})*\b)|\S`,
  String.raw`\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))`, // digits by threes from the right
  ' {2,}|\\n+|\\t+',
];

describe('patterns of real tokenizers', () => {
  test.each([...known, ...others].map((pattern) => [pattern.slice(0, 60), pattern] as const))('%s', (_, pattern) => {
    const [quick, counted] = [trusted(pattern), bounded(pattern, 1e8)];
    const dice = createDice(5);
    for (let round = 0; round < 100; round++) {
      const text = wellFormed(fuzzText(dice, 1 + dice(30)));
      expect(places(counted, text), JSON.stringify(text)).toEqual(places(quick, text));
    }
    for (const unit of ['a', 'A', ' ', '\n', '1', '!', '\u4e2d', '\u{1d49c}', 'a ', ' \n', "a's "]) {
      const limits = createLimits();
      limits.reset(0);
      const text = `${unit.repeat(3000)}x`;
      expect(places(boundedMatcher(parsePattern(pattern), pattern, limits), text) !== 'refused', JSON.stringify(unit)).toBe(true);
    }
  });

  const files = ['bpe-gpt2', 'bpe-llama3', 'bpe-qwen2'].map((name) => fixture(`${name}.tokenizer.json`));
  const real = ['tokenizers/smollm2.tokenizer.json', 'tokenizers/t5-small.tokenizer.json'].filter((name) => missingData([name]).length === 0);
  test.each([...files, ...real.map(dataFile)])('all of %s', async (path) => {
    const tokenizer = await createTokenizer({ kind: 'tokenizer-json', tokenizer: readJson<JsonObject>(path), config: {} });
    const prose = readFileSync(import.meta.filename, 'utf8');
    expect(tokenizer.encode(prose).length).toBeGreaterThan(100);
  });
});

/** A pattern of a few constructs; half of them would make a backtracking engine slow, none of them hang on short texts. */
function randomPattern(dice: (sides: number) => number, depth: number): string {
  const atoms = ['a', 'b', '[ab]', '[^a]', '\\s', '\u{1f600}', '.', '\\p{L}', '^', '$', '\\b', '(?i:b)'];
  const group = (): string => randomPattern(dice, depth - 1);
  const part = (): string => {
    if (depth === 0 || dice(3) > 0) {
      const atom = atoms[dice(atoms.length)]!;
      const quantifiers = /^[\^$]$|^\\b$/.test(atom) ? [''] : ['', '', '', '+', '*', '?', '{2}', '{1,2}', '+?', '*?', '??', '++', '*+', '?+'];
      return atom + quantifiers[dice(quantifiers.length)]!;
    }
    return [() => `(?:${group()})`, () => `(?=${group()})`, () => `(?!${group()})`, () => `(?<=${group()})`, () => `(?<!${group()})`].concat([
      () => `(?>${group()})`,
      () => `(?:a${group()})*`,
      () => `(?:b${group()})+?`,
      () => `(${group()}|${group()})`,
    ])[dice(9)]!();
  };
  return Array.from({ length: 1 + dice(3) }, part).join(dice(5) === 0 ? '|' : '');
}

/** Undefined where the pattern is refused. */
function boundedOrNone(pattern: string): Matcher | undefined {
  try {
    return bounded(pattern, 1e5);
  } catch (thrown) {
    expect((thrown as Error).message).toMatch(/may match nothing|atomic group in a look behind/);
    return undefined;
  }
}

test('random patterns match as JavaScript has them', () => {
  const dice = createDice(77);
  const letters = ['a', 'b', 'a', ' ', '\n', 'B', '\u{1f600}', '1'];
  let compared = 0;
  for (let round = 0; round < 3000; round++) {
    const pattern = randomPattern(dice, 2);
    const counted = boundedOrNone(pattern);
    if (counted === undefined) continue;
    const quick = trusted(pattern);
    for (let each = 0; each < 4; each++) {
      const text = Array.from({ length: dice(14) }, () => letters[dice(letters.length)]).join('');
      const found = places(counted, text);
      if (found === 'refused') continue;
      compared++;
      expect(found, `${pattern} in ${JSON.stringify(text)}`).toEqual(places(quick, text));
    }
  }
  expect(compared).toBeGreaterThan(10_000);
});
