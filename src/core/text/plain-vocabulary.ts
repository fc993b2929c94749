// A tokenizer.json as plain data: pieces, types, and scores or merges, which is what GGUF and llama2.c can hold.
// What they cannot hold is refused by name. Sources that are plain already pass through.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { byteOfPiece, spaceMark } from './byte-alphabet.js';
import { asList, asObject, asString } from './json-fields.js';
import { preTokenizerName } from './pre-tokenizer-name.js';
import { quoted } from './quoted.js';
import { differingMerge, scoresOfMerges, type MergePair } from './sentencepiece-merges.js';
import { readSpacePrefix, type SpacePrefix } from './space-prefix.js';
import type { PieceType, SpecialIds, TokenizerSource } from './tokenizer.js';
import { readMarks, readVocabulary, type Vocabulary } from './tokenizer-json-vocabulary.js';

export type SentencepieceSource = Extract<TokenizerSource, { kind: 'sentencepiece' }>;
export type ByteBpeSource = Extract<TokenizerSource, { kind: 'byte-bpe' }>;
export type PlainSource = SentencepieceSource | ByteBpeSource;
type TokenizerJsonSource = Extract<TokenizerSource, { kind: 'tokenizer-json' }>;

function refuse(what: string): never {
  throw new LlmxError(
    'unsupported',
    `tokenizer.json: ${what}, which a vocabulary of plain pieces cannot say`,
    'Keep this model in its Hugging Face folder, or convert it without its tokenizer',
  );
}

/** How converters spell an id that no piece has. */
export const paddingPiece = (id: number): string => `[PAD${id}]`;
/** Most ids without a piece, beside as many as there are pieces. */
const mostHoles = 2 ** 16;

interface Pieces {
  readonly pieces: readonly string[];
  readonly types: readonly PieceType[];
}

function piecesOf(vocabulary: Vocabulary, typeOf: (id: number, piece: string) => PieceType): Pieces {
  const size = vocabulary.pieces.length;
  const filled = vocabulary.pieces.reduce((count) => count + 1, 0); // holes are passed over
  if (size - filled > filled + mostHoles) refuse(`it has ${filled} pieces and ids up to ${size - 1}`);
  const added = new Map(vocabulary.added.map((piece) => [piece.id, piece.isSpecial ? 'control' : 'user-defined'] as const));
  const pieces = Array.from({ length: size }, (_, id) => vocabulary.pieces[id] ?? paddingPiece(id));
  const types = pieces.map((piece, id): PieceType => (vocabulary.pieces[id] === undefined ? 'unused' : (added.get(id) ?? typeOf(id, piece))));
  return { pieces, types };
}

/** Marks around a text, where they are no more than a beginning and an end mark. */
function marksOf({ tokenizer, config }: TokenizerJsonSource, vocabulary: Vocabulary): SpecialIds {
  const { special, before, after } = readMarks(tokenizer, config, vocabulary);
  const only = (ids: readonly number[], mark: number | undefined): boolean => ids.length === 0 || (ids.length === 1 && ids[0] === mark);
  // without a tokenizer_config.json the post-processor alone says which marks these are
  const bos = special.bos ?? (before.length === 1 ? before[0] : undefined);
  const eos = special.eos ?? (after.length === 1 ? after[0] : undefined);
  const [wrong] = [only(before, bos) ? [] : before, only(after, eos) ? [] : after].flat();
  if (wrong !== undefined)
    refuse(`its post-processor puts ${quoted(vocabulary.pieces[wrong] ?? '')} around texts, beside or in place of bos and eos`);
  return {
    ...special,
    ...(bos !== undefined && { bos }),
    ...(eos !== undefined && { eos }),
    addBos: before.length > 0,
    addEos: after.length > 0,
  };
}

function mergesOf(model: JsonObject): readonly MergePair[] {
  return asList(model['merges']).map((entry, place): MergePair => {
    const sides = typeof entry === 'string' ? entry.split(' ') : asList(entry);
    const [left, right] = sides as readonly Json[];
    if (sides.length === 2 && typeof left === 'string' && typeof right === 'string') return [left, right];
    throw new LlmxError('malformed', `tokenizer.json: merge ${place} is not two pieces`);
  });
}

const isByteLevel = (value: Json | undefined): boolean => {
  const step = asObject(value);
  return step?.['type'] === 'ByteLevel' || asList(step?.['pretokenizers']).some((each) => asObject(each)?.['type'] === 'ByteLevel');
};

function byteBpe(source: TokenizerJsonSource, vocabulary: Vocabulary, model: JsonObject): ByteBpeSource {
  const preTokenizer = preTokenizerName(source.tokenizer);
  return {
    kind: 'byte-bpe',
    ...(source.file === undefined ? {} : { file: source.file }),
    ...piecesOf(vocabulary, () => 'normal'),
    merges: mergesOf(model).map(([left, right]) => `${left} ${right}`),
    special: marksOf(source, vocabulary),
    preTokenizer,
  };
}

/** True where both vocabularies spell the trained pieces alike, so that the scores of one are those of the other. */
const agrees = (trained: SentencepieceSource | undefined, { pieces }: Pieces): trained is SentencepieceSource =>
  trained !== undefined && trained.pieces.length <= pieces.length && trained.pieces.every((piece, id) => piece === pieces[id]);

function sentencepiece(
  source: TokenizerJsonSource,
  vocabulary: Vocabulary,
  model: JsonObject,
  prefix: SpacePrefix,
  trained: SentencepieceSource | undefined,
): SentencepieceSource {
  const special = marksOf(source, vocabulary);
  const unknown = vocabulary.ids.get(asString(model['unk_token']) ?? '') ?? special.unknown;
  const hasBytes = model['byte_fallback'] === true;
  const symbols = new Set(prefix.symbols);
  const typeOf = (_: number, piece: string): PieceType =>
    hasBytes && byteOfPiece(piece) !== undefined ? 'byte' : symbols.has(piece) ? 'user-defined' : 'normal';
  const plain = piecesOf(vocabulary, typeOf);
  const types = plain.types.map((type, id): PieceType => (id === unknown ? 'unknown' : type));
  const merges = mergesOf(model);
  const scores = agrees(trained, plain) ? plain.pieces.map((_, id) => trained.scores[id] ?? -merges.length) : scoresOfMerges(plain.pieces, merges);
  const differing = differingMerge({ pieces: plain.pieces, types, scores }, merges);
  if (differing !== undefined) refuse(`its merges are not those of a SentencePiece vocabulary (${differing.map(quoted).join(' and ')} differs)`);
  if (prefix.splits && plain.pieces.some((piece, id) => types[id] === 'normal' && piece.lastIndexOf(spaceMark) > 0))
    refuse('it cuts words at spaces and has pieces that reach over such places');
  return {
    kind: 'sentencepiece',
    ...(source.file === undefined ? {} : { file: source.file }),
    pieces: plain.pieces,
    scores,
    types,
    special: { ...special, ...(unknown !== undefined && { unknown }) },
    addSpacePrefix: prefix.adds,
    ...(prefix.scheme === undefined ? {} : { spacePrefix: prefix.scheme }),
  };
}

/** BPE fields that plain data has no place for. */
const unknownFields = ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'];

/**
 * The plain data of a vocabulary. `trained` is the SentencePiece model that lies beside a tokenizer.json, whose scores are taken
 * where it spells the same pieces.
 */
export function plainVocabulary(source: TokenizerSource, trained?: SentencepieceSource): PlainSource {
  if (source.kind !== 'tokenizer-json') return source;
  const { tokenizer } = source;
  const vocabulary = readVocabulary(tokenizer);
  const model = asObject(tokenizer['model']) ?? {};
  if (model['merges'] === undefined) refuse(`its model is of the kind ${quoted(asString(model['type']) ?? 'unknown')}`);
  const asked = unknownFields.find((name) => model[name]);
  if (asked !== undefined) refuse(`its model has a ${asked}`);
  if (isByteLevel(tokenizer['pre_tokenizer'])) return byteBpe(source, vocabulary, model);
  const prefix = readSpacePrefix(tokenizer);
  if (prefix === undefined)
    return refuse('its normalizer and pre-tokenizer are neither those of a byte-level nor those of a SentencePiece vocabulary');
  return sentencepiece(source, vocabulary, model, prefix, trained);
}
