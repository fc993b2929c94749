// The pre-tokenizers of tokenizer.json that are done here: a row each. The rest is left to the library.
import type { Json, JsonObject } from '../base/event.js';
import { spellBytes } from './byte-alphabet.js';
import { asBoolean, asList, asPattern, asString, findRow } from './json-fields.js';
import { escapePattern, whereSupported } from './pattern.js';
import { isolate, splitBy, type Behavior, type Splitter } from './splitter.js';

/** Takes a word; `first` is true where it starts the whole text. */
type Take = (word: string, first: boolean) => void;
type Step = (text: string, first: boolean, take: Take) => void;

export interface PreTokenize {
  readonly split: (text: string, first: boolean, take: Take) => void;
  /** Words come as they are, and the model reads their bytes. */
  readonly inBytes: boolean;
}

const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const behaviors: readonly string[] = ['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] satisfies Behavior[];

/** Spells words in the byte alphabet; where nothing follows, the model does that itself. */
const spell: Step = (text, first, take) => take(spellBytes(text), first);

const cut =
  (splitter: Splitter): Step =>
  (text, first, take) => {
    let atStart = first;
    splitter(text, (word) => {
      take(word, atStart);
      atStart = false;
    });
  };

const byteLevel = ({ add_prefix_space: prefix, use_regex: usesPattern }: JsonObject): Step[] => [
  ...(prefix === false ? [] : [((text, first, take) => take(text.startsWith(' ') ? text : ` ${text}`, first)) satisfies Step]),
  ...(usesPattern === false ? [] : [cut(isolate(gpt2))]),
  spell,
];

/** The space becomes a mark, and a text may get one in front; then words begin at the marks. */
function metaspace(step: JsonObject): Step[] {
  const mark = asString(step['replacement']) ?? '\u2581';
  const scheme = asString(step['prepend_scheme']) ?? (asBoolean(step['add_prefix_space']) === false ? 'never' : 'always');
  const prefix: Step = (text, first, take) => {
    const marked = text.replaceAll(' ', mark);
    const wants = scheme === 'always' || (scheme === 'first' && first);
    take(wants && !marked.startsWith(mark) ? mark + marked : marked, first);
  };
  return step['split'] === false ? [prefix] : [prefix, cut(splitBy(escapePattern(mark), 'MergedWithNext', false))];
}

/** Undefined is a step that is not done here. */
const rows: Readonly<Record<string, (step: JsonObject) => readonly Step[] | undefined>> = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: ({ pattern, behavior, invert }) => {
    const source = asPattern(pattern, escapePattern);
    const known = asString(behavior) ?? '';
    return source === undefined || !behaviors.includes(known) ? undefined : [cut(splitBy(source, known as Behavior, invert === true))];
  },
  Digits: ({ individual_digits: single }) => [cut(isolate(single === true ? String.raw`\p{N}` : String.raw`\p{N}+`))],
  Punctuation: ({ behavior }) => {
    const known = asString(behavior) ?? 'Isolated';
    return behaviors.includes(known) ? [cut(splitBy(String.raw`[\p{P}!-/:-@\[-` + '`{-~]', known as Behavior, false))] : undefined;
  },
  // a word's characters as Rust has them
  Whitespace: () => [cut(splitBy(String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\s]+`, 'Removed', true))],
  WhitespaceSplit: () => [cut(splitBy(String.raw`\s`, 'Removed', false))],
  CharDelimiterSplit: ({ delimiter }) => (typeof delimiter === 'string' ? [cut(splitBy(escapePattern(delimiter), 'Removed', false))] : undefined),
  Sequence: ({ pretokenizers }) => {
    const steps = asList(pretokenizers).map(readSteps);
    return steps.includes(undefined) ? undefined : (steps as Step[][]).flat();
  },
};

function readSteps(value: Json | undefined): readonly Step[] | undefined {
  const found = findRow(rows, value);
  return found && whereSupported(() => found.row(found.step));
}

/** How a pre-tokenizer cuts texts; not at all for null, undefined when it is not done here. */
export function readPreTokenizer(value: Json | undefined): PreTokenize | undefined {
  const steps = value === null || value === undefined ? [] : readSteps(value);
  if (steps === undefined) return undefined;
  const inBytes = steps.at(-1) === spell;
  const used = inBytes ? steps.slice(0, -1) : steps;
  const split = used.reduceRight<Step>(
    (after, step) => (text, first, take) => step(text, first, (word, isFirst) => after(word, isFirst, take)),
    (text, first, take) => take(text, first),
  );
  return { split, inBytes };
}
