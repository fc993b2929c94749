// Plain vocabularies as Hugging Face's tokenizer.json, which every fast tokenizer reads.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { spaceMark } from './byte-alphabet.js';
import type { ByteBpeSource, PlainSource, SentencepieceSource } from './plain-vocabulary.js';
import { stagePattern } from './pre-tokenizer-name.js';
import { findPreTokenizer } from './pre-tokenizers.js';
import { quoted } from './quoted.js';
import { hasTies, mergesOfScores, type MergePair } from './sentencepiece-merges.js';
import { symbolsPattern } from './space-prefix.js';
import type { PieceType } from './tokenizer.js';

interface Added {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
}

/** A word beside the trained vocabulary. */
export const addedToken = ({ content, special, normalized }: Omit<Added, 'id'>): JsonObject => ({
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized,
  special,
});

/**
 * Symbols inside the trained vocabulary stand in the running text: a prefix comes before them and none behind. Added words would
 * part the text, so where prefixes are put symbols are cut out by a step of their own.
 */
function standsInText(source: PlainSource): (id: number) => boolean {
  if (source.kind === 'byte-bpe' || !source.addSpacePrefix || source.spacePrefix !== undefined) return () => false;
  const last = lastTrained(source.types);
  return (id) => id < last && source.types[id] === 'user-defined' && source.pieces[id] !== '';
}

const lastTrained = (types: readonly PieceType[]): number => Math.max(types.lastIndexOf('normal'), types.lastIndexOf('byte'));

/** Pieces that stand for themselves in a text: control pieces, marks, and symbols that part the text. */
export function addedPieces(source: PlainSource): readonly Added[] {
  const { pieces, types, special } = source;
  const inText = standsInText(source);
  const trained = source.kind === 'sentencepiece' ? lastTrained(types) : -1;
  const added: Added[] = [];
  const seen = new Set<string>();
  pieces.forEach((content, id) => {
    const isSpecial = types[id] === 'control' || types[id] === 'unknown' || id === special.bos || id === special.eos;
    if ((!isSpecial && types[id] !== 'user-defined') || inText(id) || content === '' || seen.has(content)) return;
    seen.add(content);
    // a trained symbol with a written space in it is found where spaces are written so
    added.push({ id, content, special: isSpecial, normalized: !isSpecial && id < trained && content.includes(spaceMark) });
  });
  return added;
}

/** Pieces with their ids. Of pieces spelled alike the first counts, as it does where such a vocabulary is read; empty ones cannot be found. */
function vocabularyOf(pieces: readonly string[]): JsonObject {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (piece !== '' && !ids.has(piece)) ids.set(piece, id);
  });
  return Object.fromEntries(ids);
}

const byteLevel = (prefixes: boolean, trims: boolean, usesPattern: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: prefixes,
  trim_offsets: trims,
  use_regex: usesPattern,
});

/** The step that puts bos and eos around texts; undefined where neither is put. */
function template({ pieces, special }: PlainSource): JsonObject | undefined {
  const bos = special.addBos && special.bos !== undefined ? special.bos : undefined;
  const eos = special.addEos && special.eos !== undefined ? special.eos : undefined;
  if (bos === undefined && eos === undefined) return undefined;
  const mark = (id: number | undefined, type_id: number): Json[] => (id === undefined ? [] : [{ SpecialToken: { id: pieces[id]!, type_id } }]);
  const around = (sequence: string, type_id: number): Json[] => [
    ...mark(bos, type_id),
    { Sequence: { id: sequence, type_id } },
    ...mark(eos, type_id),
  ];
  const tokens = [bos, eos].flatMap((id) =>
    id === undefined ? [] : [[pieces[id]!, { id: pieces[id]!, ids: [id], tokens: [pieces[id]!] }] as const],
  );
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(tokens),
  };
}

interface Steps {
  readonly normalizer: JsonObject | null;
  readonly pre_tokenizer: JsonObject | null;
  readonly post_processor: JsonObject | null;
  readonly decoder: JsonObject;
}

function file(source: PlainSource, added: readonly Added[], steps: Steps, model: JsonObject): JsonObject {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((piece) => ({ id: piece.id, ...addedToken(piece) })),
    ...steps,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      ...model,
      vocab: vocabularyOf(source.pieces),
    },
  };
}

const sequence = (list: string, steps: readonly JsonObject[]): JsonObject | null =>
  steps.length === 0 ? null : steps.length === 1 ? steps[0]! : { type: 'Sequence', [list]: steps };

const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

function byteBpeJson(source: ByteBpeSource): JsonObject {
  const row = findPreTokenizer(source.preTokenizer);
  if (row.characters)
    throw new LlmxError(
      'unsupported',
      `a tokenizer.json for the pre-tokenizer ${quoted(source.preTokenizer)}, whose pieces are spelled in characters, cannot be made`,
      "Take tokenizer.json from the model's Hugging Face folder",
    );
  const patterns = row.stages.map((stage) => stagePattern(stage).replaceAll(String.raw`\u{`, String.raw`\x{`)); // Oniguruma's spelling
  const builtIn = patterns.at(-1) === gpt2; // the step of bytes brings this pattern along
  const splits = (builtIn ? patterns.slice(0, -1) : patterns).map((pattern): JsonObject => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const around = template(source);
  return file(
    source,
    addedPieces(source),
    {
      normalizer: row.normalize === undefined ? null : { type: row.normalize },
      pre_tokenizer: sequence('pretokenizers', [...splits, byteLevel(false, true, builtIn)]),
      post_processor: sequence('processors', [byteLevel(true, false, true), ...(around === undefined ? [] : [around])]),
      decoder: byteLevel(true, true, true),
    },
    { ignore_merges: row.wholeWords === true, merges: source.merges },
  );
}

/** Merges as texts, which older libraries want, unless a piece holds a space. */
const spelled = (merges: readonly MergePair[]): readonly Json[] =>
  merges.some(([left, right]) => left.includes(' ') || right.includes(' ')) ? merges : merges.map(([left, right]) => `${left} ${right}`);

const prepend: JsonObject = { type: 'Prepend', prepend: spaceMark };
const mark: JsonObject = { type: 'Replace', pattern: { String: ' ' }, content: spaceMark };
const unmark: JsonObject = { type: 'Replace', pattern: { String: spaceMark }, content: ' ' };

function sentencepieceJson(source: SentencepieceSource): JsonObject {
  const { pieces, special, addSpacePrefix, spacePrefix } = source;
  const merges = mergesOfScores(source);
  if (hasTies(source, merges))
    throw new LlmxError(
      'unsupported',
      'a tokenizer.json for a vocabulary in which pieces share a score cannot be made: it has no place for such an order of merges',
      'Use its tokenizer.model',
    );
  const inText = standsInText(source);
  const symbols = pieces.filter((_, id) => inText(id)).map((piece) => piece.replaceAll(' ', spaceMark));
  const strip: JsonObject = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const metaspace: JsonObject = { type: 'Metaspace', replacement: spaceMark, prepend_scheme: spacePrefix ?? 'always', split: false };
  const isolate: JsonObject = { type: 'Split', pattern: { Regex: symbolsPattern(symbols) }, behavior: 'Isolated', invert: false };
  const steps: Steps = {
    normalizer: spacePrefix !== undefined ? null : sequence('normalizers', addSpacePrefix ? [prepend, mark] : [mark]),
    pre_tokenizer: spacePrefix !== undefined ? metaspace : symbols.length > 0 ? isolate : null,
    post_processor: template(source) ?? null,
    decoder: { type: 'Sequence', decoders: [unmark, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(addSpacePrefix ? [strip] : [])] },
  };
  return file(source, addedPieces(source), steps, {
    unk_token: special.unknown === undefined ? null : (pieces[special.unknown] ?? null),
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: symbols.length > 0, // takes the symbols that were cut out, which no merges make
    merges: spelled(merges),
  });
}

/** Throws LlmxError `unsupported` where a tokenizer.json cannot say what the vocabulary does. */
export const tokenizerJsonOf = (source: PlainSource): JsonObject => (source.kind === 'byte-bpe' ? byteBpeJson(source) : sentencepieceJson(source));
