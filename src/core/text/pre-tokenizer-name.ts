// The name of `tokenizer.ggml.pre` that cuts texts as a tokenizer.json does, by the structure of its steps. It never guesses.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { asList, asObject, asString } from './json-fields.js';
import { javaScriptPattern } from './matcher.js';
import { parsePattern } from './pattern.js';
import { preTokenizers, type PreTokenizer } from './pre-tokenizers.js';
import { quoted } from './quoted.js';

const raw = String.raw;

/** How tokenizer.json writes cutting runs of digits into threes from the right, for each such stage of the table. */
const threesPatterns: ReadonlyMap<string, string> = new Map([
  [raw`\p{N}+`, raw`\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))`],
  [raw`\p{Nd}+`, raw`\p{Nd}{1,3}(?=(?:\p{Nd}{3})*(?!\p{Nd}))`],
  [raw`(?<!\p{Nd})\p{Nd}+(?![\p{L}\p{M}\p{N}_])`, raw`\p{Nd}{1,3}(?=(?:\p{Nd}{3})*(?![\p{L}\p{M}\p{N}_]))`],
]);

/** A stage of the table as one pattern that isolates its matches. */
export function stagePattern(stage: PreTokenizer['stages'][number]): string {
  if (typeof stage === 'string') return stage;
  const pattern = threesPatterns.get(stage.threes);
  if (pattern === undefined) throw new LlmxError('internal', `no pattern cuts the matches of ${quoted(stage.threes)} into threes`);
  return pattern;
}

const gpt2 = raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** Other spellings of stages that cut alike: those of tiktoken. */
const spellings: readonly (readonly [other: string, ours: string])[] = [
  [raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, gpt2],
  [
    raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ],
];

/** One form for all spellings of a pattern. */
const canonical = (pattern: string): string => javaScriptPattern(parsePattern(pattern));

interface Known {
  readonly names: ReadonlyMap<string, string>;
  readonly spellings: ReadonlyMap<string, string>;
}
let known: Known | undefined;

const rowKey = (stages: readonly string[], normalize: string | undefined, wholeWords: boolean): string =>
  JSON.stringify([stages, normalize ?? null, wholeWords]);

/** Made on first use: every row that spells pieces in bytes; of rows that cut alike the first counts. */
function knownRows(): Known {
  if (known !== undefined) return known;
  const names = new Map<string, string>();
  for (const [name, row] of Object.entries<PreTokenizer>(preTokenizers)) {
    if (row.characters) continue;
    const key = rowKey(
      row.stages.map((stage) => canonical(stagePattern(stage))),
      row.normalize,
      row.wholeWords === true,
    );
    if (!names.has(key)) names.set(key, name);
  }
  known = { names, spellings: new Map(spellings.map(([other, ours]) => [canonical(other), canonical(ours)])) };
  return known;
}

function unknown(what: string): never {
  throw new LlmxError(
    'unsupported',
    `tokenizer.json: ${what}, and no name of tokenizer.ggml.pre stands for that`,
    'Keep this model in its Hugging Face folder, which spells its pre-tokenizer out; a row of the table of pre-tokenizers would make it known to GGUF',
  );
}

/** A stage in canonical form; `covers` is true where its pattern leaves no text over. */
function stage(pattern: string): { readonly form: string; readonly covers: boolean } {
  const form = canonical(pattern);
  return { form: knownRows().spellings.get(form) ?? form, covers: /\|\\s\+$/.test(pattern) };
}

/** Characters that a literal pattern escapes. */
const escapeLiteral = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, raw`\$&`);

function splitStage(step: JsonObject): string {
  const pattern = asObject(step['pattern']);
  const literal = asString(pattern?.['String']);
  const source = asString(pattern?.['Regex']) ?? (literal === undefined ? undefined : escapeLiteral(literal));
  if (source === undefined) return unknown('a pre-tokenizer has neither a String nor a Regex');
  const { form, covers } = stage(source);
  const [behavior, inverted] = [asString(step['behavior']), step['invert'] === true];
  if ((behavior === 'Isolated' && !inverted) || (behavior === 'Removed' && inverted && covers)) return form;
  return unknown(`it splits ${quoted(source)} with the behavior ${behavior}${inverted ? ', inverted' : ''}`);
}

const rows: Readonly<Record<string, (step: JsonObject) => readonly string[]>> = {
  ByteLevel: (step) => {
    if (step['add_prefix_space'] !== false) return unknown('it puts a space before texts');
    return step['use_regex'] === false ? [] : [stage(gpt2).form];
  },
  Split: (step) => [splitStage(step)],
  Digits: (step) => [stage(step['individual_digits'] === true ? raw`\p{N}` : raw`\p{N}+`).form],
  // runs of punctuation, ASCII symbols among them: the first stage of Falcon
  Punctuation: (step) =>
    step['behavior'] === 'Contiguous' ? [stage(raw`[\p{P}\$\+<=>\^~\|` + '`]+').form] : unknown('it isolates single punctuation marks'),
  Sequence: (step) => asList(step['pretokenizers']).flatMap(stagesOf),
};

const mostSteps = 64;

function stagesOf(value: Json | undefined): readonly string[] {
  const step = asObject(value);
  const type = asString(step?.['type']) ?? 'null';
  if (step === undefined || !Object.hasOwn(rows, type)) return unknown(`its pre-tokenizer has the step ${quoted(type)}`);
  return rows[type]!(step);
}

function normalizerOf(value: Json | undefined): string | undefined {
  const step = asObject(value);
  if (step === undefined) return undefined;
  const type = asString(step['type']);
  const steps = asList(step['normalizers']);
  if (type === 'Sequence' && steps.length <= 1) return normalizerOf(steps[0]);
  return type === 'NFC' ? type : unknown(`it normalizes texts by ${quoted(type ?? 'null')}`);
}

/** Throws LlmxError `unsupported`, which names what GGUF has no name for. */
export function preTokenizerName(tokenizer: JsonObject): string {
  const steps = asList(asObject(tokenizer['pre_tokenizer'])?.['pretokenizers']);
  if (steps.length > mostSteps) return unknown(`its pre-tokenizer has ${steps.length} steps`);
  const stages = stagesOf(tokenizer['pre_tokenizer']);
  const normalize = normalizerOf(tokenizer['normalizer']);
  const wholeWords = asObject(tokenizer['model'])?.['ignore_merges'] === true;
  const found = knownRows().names.get(rowKey(stages, normalize, wholeWords));
  if (found !== undefined) return found;
  const alike = [...knownRows().names].find(([key]) => key.startsWith(`[${JSON.stringify(stages)},`));
  return unknown(
    alike === undefined
      ? `its pre-tokenizer cuts texts by ${quoted(stages.join(' then '))}`
      : `it cuts texts as ${quoted(alike[1])} does, but ${normalize === undefined ? 'without normalizing them' : `in ${normalize}`} and ${wholeWords ? 'with' : 'without'} whole words before merges`,
  );
}
