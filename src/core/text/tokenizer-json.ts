// Hugging Face's tokenizer.json: its steps and its model become an encoder. What is not known is refused by name.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { assembleTokenizer, type Parts } from './assemble.js';
import { createBpe } from './bpe.js';
import { spaceMark, spellBytes, utf8 } from './byte-alphabet.js';
import { asId, asList, asObject, asString, requireRow } from './json-fields.js';
import { createLimits, type Limits } from './limits.js';
import type { MergeEntry } from './merge-index.js';
import { shown } from './quoted.js';
import { createSegmenter, type Segment } from './special-pieces.js';
import type { Tokenizer, TokenizerSource } from './tokenizer.js';
import { readDecoder, type Decoder } from './tokenizer-json-decoders.js';
import { readNormalizer } from './tokenizer-json-normalizers.js';
import { readPreTokenizer } from './tokenizer-json-pre-tokenizers.js';
import { readMarks, readVocabulary, type Vocabulary } from './tokenizer-json-vocabulary.js';
import { createUnigram } from './unigram.js';
import { createWordPiece } from './word-piece.js';
import { byteSymbols, characterSymbols, markSplitter, type WordEncoder } from './words.js';

type TokenizerJsonSource = Extract<TokenizerSource, { kind: 'tokenizer-json' }>;
type EncodeText = Parts['encodeText'];

export function createTokenizerJson({ tokenizer, config }: TokenizerJsonSource): Tokenizer {
  const vocabulary = readVocabulary(tokenizer);
  const { special, before, after } = readMarks(tokenizer, config, vocabulary);
  const decoder = readDecoder(tokenizer['decoder']);
  const limits = createLimits();
  const normalize = readNormalizer(tokenizer['normalizer'], limits);
  limits.reset(vocabulary.added.reduce((length, { text }) => length + text.length, 0));
  const normalized = vocabulary.added.map((piece) => (piece.normalized ? { ...piece, text: normalize(piece.text) } : piece));
  const printed = printedForms(vocabulary.added, normalized, decoder);
  const specialIds = new Set(vocabulary.added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id));
  const encodeText = createEncoder(tokenizer, vocabulary, { normalize, added: normalized, limits }, specialIds);
  return assembleTokenizer({
    kind: 'tokenizer-json',
    special,
    pieces: vocabulary.pieces,
    isControl: (id) => specialIds.has(id) || id === special.unknown || id === special.bos || id === special.eos,
    print: (id, piece) => printed.get(id) ?? decoder.print(piece),
    dropsFirstSpace: decoder.dropsFirstSpace,
    before,
    after,
    encodeText,
  });
}

/** Added words print as they are written; those that are looked for in normalized text, as they are found there. */
function printedForms(added: Vocabulary['added'], normalized: Vocabulary['added'], decoder: Decoder): ReadonlyMap<number, Uint8Array> {
  return new Map(added.map(({ id, text }, index) => [id, normalized[index]!.text === text ? utf8(text) : decoder.print(normalized[index]!.text)]));
}

interface Steps {
  readonly normalize: (text: string) => string;
  /** Added words, spelled as they are looked for. */
  readonly added: Vocabulary['added'];
  readonly limits: Limits;
}

function createEncoder(
  tokenizer: JsonObject,
  vocabulary: Vocabulary,
  { normalize, added, limits }: Steps,
  specialIds: ReadonlySet<number>,
): EncodeText {
  const model = asObject(tokenizer['model']) ?? {};
  const preTokenize = readPreTokenizer(tokenizer['pre_tokenizer'], limits);
  const words = readModel(model, vocabulary, preTokenize.inBytes);

  // BPE over characters may go word by word even where the file does not cut; see markSplitter
  const mergesCharacters = model['merges'] !== undefined && model['ignore_merges'] !== true && !model['end_of_word_suffix'] && !preTokenize.inBytes;
  const cutsAtMarks = mergesCharacters && vocabulary.ids.has(spaceMark);
  const splitWord = cutsAtMarks ? markSplitter(vocabulary.ids.keys(), spaceMark) : undefined;
  const findRaw = createSegmenter(added.filter(({ normalized }) => !normalized));
  const findNormalized = createSegmenter(added.filter(({ normalized }) => normalized));

  return (text, parseSpecial, output) => {
    limits.reset(text.length);
    const wanted = (id: number): boolean => parseSpecial || !specialIds.has(id);
    let first = true;
    const encodeSegment = (segment: Segment): void => {
      if (typeof segment === 'number') output.push(segment);
      else {
        const encodeWord = (word: string): void => {
          if (splitWord === undefined) words(word, output);
          else splitWord(word, (part) => words(part, output));
        };
        preTokenize.split(segment, first, encodeWord);
      }
      first = false;
    };
    for (const segment of findRaw(text, wanted)) {
      if (typeof segment === 'number') encodeSegment(segment);
      else findNormalized(normalize(segment), wanted).forEach(encodeSegment);
    }
  };
}

type Model = (model: JsonObject, vocabulary: Vocabulary, inBytes: boolean) => WordEncoder;

/** The kinds of model: a row each. */
const models: Readonly<Record<string, Model>> = { BPE: readBpe, Unigram: readUnigram, WordPiece: readWordPiece };

/** The encoder of words that a model describes. */
function readModel(model: JsonObject, vocabulary: Vocabulary, inBytes: boolean): WordEncoder {
  // old files do not name the kind
  const type = model['type'] ?? (model['merges'] !== undefined ? 'BPE' : Array.isArray(model['vocab']) ? 'Unigram' : undefined);
  return requireRow(models, { type }, 'model').row(model, vocabulary, inBytes);
}

/** Fields of a BPE model that ask for something that is not done here. */
const unknownBpe = ['dropout', 'continuing_subword_prefix'];

function readBpe(model: JsonObject, { ids, pieces }: Vocabulary, inBytes: boolean): WordEncoder {
  const asked = unknownBpe.find((name) => model[name]);
  if (asked !== undefined)
    throw new LlmxError('unsupported', `tokenizer.json: the ${asked} of its model is ${shown(model[asked])}, which is not supported`);
  const merges = asList(model['merges']);
  const wrong = merges.findIndex((entry) => typeof entry !== 'string' && !isTextPair(entry));
  if (wrong >= 0) throw new LlmxError('malformed', `tokenizer.json: merge ${wrong} is ${shown(merges[wrong])}, neither a text nor a pair of texts`);
  const unknown = ids.get(asString(model['unk_token']) ?? '');
  const suffix = asString(model['end_of_word_suffix']) ?? '';
  if (inBytes && suffix !== '') throw new LlmxError('unsupported', 'tokenizer.json: an end_of_word_suffix in a vocabulary of bytes is not supported');
  const symbols = inBytes
    ? byteSymbols(ids, unknown)
    : characterSymbols({ ids, byteFallback: model['byte_fallback'] === true, unknown, fuseUnknown: model['fuse_unk'] === true, suffix });
  const wholeWords = model['ignore_merges'] === true ? (inBytes ? 'in-bytes' : 'as-they-are') : undefined;
  return createBpe({ pieces, ids, merges: merges as readonly MergeEntry[], symbols, wholeWords });
}

const isTextPair = (entry: Json): boolean =>
  Array.isArray(entry) && entry.length === 2 && (entry as readonly Json[]).every((side) => typeof side === 'string');

const spelled =
  (encode: WordEncoder, inBytes: boolean): WordEncoder =>
  (word, ids) =>
    encode(inBytes ? spellBytes(word) : word, ids);

function readUnigram(model: JsonObject, _: Vocabulary, inBytes: boolean): WordEncoder {
  const pieces = asList(model['vocab']).map((entry, id) => {
    const [piece, score] = asList(entry);
    if (typeof piece === 'string' && typeof score === 'number') return [piece, score] as const;
    throw new LlmxError('malformed', `tokenizer.json: piece ${id} of its unigram vocabulary is not a text and a score`);
  });
  return spelled(createUnigram({ pieces, unknown: asId(model['unk_id']), byteFallback: model['byte_fallback'] === true }), inBytes);
}

function readWordPiece(model: JsonObject, { ids }: Vocabulary, inBytes: boolean): WordEncoder {
  const unknown = ids.get(asString(model['unk_token']) ?? '[UNK]');
  const longest = model['max_input_chars_per_word'];
  return spelled(
    createWordPiece({
      ids,
      unknown,
      prefix: asString(model['continuing_subword_prefix']) ?? '##',
      longest: typeof longest === 'number' ? longest : 100,
    }),
    inBytes,
  );
}
