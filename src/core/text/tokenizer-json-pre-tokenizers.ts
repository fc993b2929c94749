// The pre-tokenizers of tokenizer.json: a row each.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { spellBytes } from './byte-alphabet.js';
import { readMatcher } from './file-patterns.js';
import { asBoolean, asList, asMark, asString, requireRow } from './json-fields.js';
import { stepCounter, type Limits } from './limits.js';
import { literalMatcher, trustedMatcher, type Matcher } from './matcher.js';
import { parsePattern } from './pattern.js';
import { shown } from './quoted.js';
import { isolate, splitBy, type Behavior, type Splitter } from './splitter.js';

/** Takes a word; `first` is true where it starts the whole text. */
type Take = (word: string, first: boolean) => void;
/** Throws where the words grow beyond the limits. */
interface Step {
  (text: string, first: boolean, take: Take): void;
  /** It spells words in the byte alphabet. */
  readonly spells?: true;
}
type Row = (step: JsonObject, limits: Limits, count: () => void) => readonly Step[];

interface PreTokenize {
  readonly split: Step;
  /** Words come as they are, and the model reads their bytes. */
  readonly inBytes: boolean;
}

const trusted = (source: string): Matcher => trustedMatcher(parsePattern(source));
const gpt2 = (): Matcher => trusted(String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`);
const behaviors: readonly string[] = ['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] satisfies Behavior[];

/** Where nothing follows, the model spells words itself. */
function spell(limits: Limits): Step {
  const step: Step = (text, first, take) => {
    const spelled = spellBytes(text);
    limits.grow(text.length, spelled.length);
    take(spelled, first);
  };
  return Object.assign(step, { spells: true } as const);
}

/** Puts something before texts that do not begin with it. */
const prefix =
  (start: string, limits: Limits, wants: (first: boolean) => boolean): Step =>
  (text, first, take) => {
    if (!wants(first) || text.startsWith(start)) return take(text, first);
    limits.grow(0, start.length);
    take(start + text, first);
  };

const cut =
  (splitter: Splitter): Step =>
  (text, first, take) => {
    let atStart = first;
    splitter(text, (word) => {
      take(word, atStart);
      atStart = false;
    });
  };

const byteLevel: Row = ({ add_prefix_space: prefixes, use_regex: usesPattern }, limits) => [
  ...(prefixes === false ? [] : [prefix(' ', limits, () => true)]),
  ...(usesPattern === false ? [] : [cut(isolate(gpt2()))]),
  spell(limits),
];

/** The space becomes a mark, and a text may get one in front; then words begin at the marks. */
const metaspace: Row = (step, limits) => {
  const mark = asMark(step['replacement']);
  const scheme = asString(step['prepend_scheme']) ?? (asBoolean(step['add_prefix_space']) === false ? 'never' : 'always');
  const put = prefix(mark, limits, (first) => scheme === 'always' || (scheme === 'first' && first));
  const marked: Step = (text, first, take) => put(text.replaceAll(' ', mark), first, take);
  return step['split'] === false ? [marked] : [marked, cut(splitBy(literalMatcher(mark), 'MergedWithNext', false))];
};

function behaviorOf(value: Json | undefined, otherwise?: Behavior): Behavior {
  const named = value === undefined ? otherwise : value;
  if (typeof named === 'string' && behaviors.includes(named)) return named as Behavior;
  throw new LlmxError('malformed', `tokenizer.json: the behavior of a pre-tokenizer is ${shown(named)}`, `Known: ${behaviors.join(', ')}`);
}

const removeSpaces = (): Step => cut(splitBy(trusted(String.raw`\s`), 'Removed', false));
const punctuation = (behavior: Behavior): Step => cut(splitBy(trusted(String.raw`[\p{P}!-/:-@\[-` + '`{-~]'), behavior, false));

const rows: Readonly<Record<string, Row>> = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: ({ pattern, behavior, invert }, limits) => [cut(splitBy(readMatcher(pattern, limits), behaviorOf(behavior), invert === true))],
  Digits: ({ individual_digits: single }) => [cut(isolate(trusted(single === true ? String.raw`\p{N}` : String.raw`\p{N}+`)))],
  Punctuation: ({ behavior }) => [punctuation(behaviorOf(behavior, 'Isolated'))],
  // a word's characters as Rust has them
  Whitespace: () => [cut(splitBy(trusted(String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\s]+`), 'Removed', true))],
  WhitespaceSplit: () => [removeSpaces()],
  CharDelimiterSplit: ({ delimiter }) => [cut(splitBy(literalMatcher(asString(delimiter) ?? ''), 'Removed', false))],
  BertPreTokenizer: () => [removeSpaces(), punctuation('Isolated')],
  Sequence: ({ pretokenizers }, limits, count) => asList(pretokenizers).flatMap((step) => readSteps(step, limits, count)),
};

function readSteps(value: Json | undefined, limits: Limits, count: () => void): readonly Step[] {
  count();
  const { row, step } = requireRow(rows, value, 'pre-tokenizer');
  return row(step, limits, count);
}

/** How a pre-tokenizer cuts texts; not at all for null. */
export function readPreTokenizer(value: Json | undefined, limits: Limits): PreTokenize {
  const steps = value === null || value === undefined ? [] : readSteps(value, limits, stepCounter('pre-tokenizer'));
  const inBytes = steps.at(-1)?.spells === true;
  const used = inBytes ? steps.slice(0, -1) : steps;
  const split = used.reduceRight<Step>(
    (after, step) => (text, first, take) => step(text, first, (word, isFirst) => after(word, isFirst, take)),
    (text, first, take) => take(text, first),
  );
  return { split, inBytes };
}
