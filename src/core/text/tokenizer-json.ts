// Hugging Face's tokenizer.json. BPE and unigram models of every usual shape run on the engines of this room, which are exact
// and quick; other models (WordPiece) and rare steps go through the library @huggingface/tokenizers.
import { asLlmxError, LlmxError, type ErrorCode } from '../base/error.js';
import type { JsonObject } from '../base/event.js';
import { assembleTokenizer, type Parts } from './assemble.js';
import { createBpe } from './bpe.js';
import { spaceMark, utf8 } from './byte-alphabet.js';
import { asId, asList, asObject, asString } from './json-fields.js';
import type { MergeEntry } from './merge-index.js';
import { createSegmenter, type Segment } from './special-pieces.js';
import type { Tokenizer, TokenizerSource } from './tokenizer.js';
import { readDecoder, type Decoder } from './tokenizer-json-decoders.js';
import { readNormalizer } from './tokenizer-json-normalizers.js';
import { readPreTokenizer } from './tokenizer-json-pre-tokenizers.js';
import { readMarks, readVocabulary, type Vocabulary } from './tokenizer-json-vocabulary.js';
import { createUnigram } from './unigram.js';
import { byteSymbols, characterSymbols, markSplitter, type WordEncoder } from './words.js';

type TokenizerJsonSource = Extract<TokenizerSource, { kind: 'tokenizer-json' }>;
type EncodeText = Parts['encodeText'];

export async function createTokenizerJson({ tokenizer, config }: TokenizerJsonSource): Promise<Tokenizer> {
  const vocabulary = readVocabulary(tokenizer);
  const { special, before, after } = readMarks(tokenizer, config, vocabulary);
  const decoder = readDecoder(tokenizer['decoder']);
  const printed = printedForms(tokenizer, vocabulary, decoder);
  const specialIds = new Set(vocabulary.added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id));
  const encodeText = ownEncoder(tokenizer, vocabulary, specialIds) ?? (await libraryEncoder(tokenizer));
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
function printedForms(tokenizer: JsonObject, { added }: Vocabulary, decoder: Decoder): ReadonlyMap<number, Uint8Array> {
  const normalize = readNormalizer(tokenizer['normalizer']);
  return new Map(
    added.map(({ id, text, normalized }) => {
      const found = normalized && normalize ? normalize(text) : text;
      return [id, found === text ? utf8(text) : decoder.print(found)];
    }),
  );
}

/** The encoder of a model all of whose steps are known here, else undefined. */
function ownEncoder(tokenizer: JsonObject, vocabulary: Vocabulary, specialIds: ReadonlySet<number>): EncodeText | undefined {
  const model = asObject(tokenizer['model']) ?? {};
  const normalize = readNormalizer(tokenizer['normalizer']);
  const preTokenize = readPreTokenizer(tokenizer['pre_tokenizer']);
  if (normalize === undefined || preTokenize === undefined) return undefined;
  const words = readModel(model, vocabulary, preTokenize.inBytes);
  if (words === undefined) return undefined;

  // BPE over characters may go word by word even where the file does not cut; see markSplitter
  const cutsAtMarks = model['merges'] !== undefined && model['ignore_merges'] !== true && !preTokenize.inBytes && vocabulary.ids.has(spaceMark);
  const splitWord = cutsAtMarks ? markSplitter(vocabulary.ids.keys(), spaceMark) : undefined;
  const findRaw = createSegmenter(vocabulary.added.filter(({ normalized }) => !normalized));
  const findNormalized = createSegmenter(
    vocabulary.added.filter(({ normalized }) => normalized).map((piece) => ({ ...piece, text: normalize(piece.text) })),
  );

  return (text, parseSpecial, output) => {
    const wanted = (id: number): boolean => parseSpecial || !specialIds.has(id);
    let first = true;
    const encodeSegment = (segment: Segment): void => {
      if (typeof segment === 'number') output.push(segment);
      else {
        preTokenize.split(segment, first, (word) => {
          if (splitWord === undefined) words(word, output);
          else splitWord(word, (part) => words(part, output));
        });
      }
      first = false;
    };
    for (const segment of findRaw(text, wanted)) {
      if (typeof segment === 'number') encodeSegment(segment);
      else findNormalized(normalize(segment), wanted).forEach(encodeSegment);
    }
  };
}

/** The encoder of words that a model describes; undefined for kinds that are left to the library. */
function readModel(model: JsonObject, vocabulary: Vocabulary, inBytes: boolean): WordEncoder | undefined {
  // old files do not name the kind
  const type = asString(model['type']) ?? (model['merges'] !== undefined ? 'BPE' : Array.isArray(model['vocab']) ? 'Unigram' : undefined);
  if (type === 'BPE' && !model['dropout'] && !model['continuing_subword_prefix'] && !model['end_of_word_suffix'])
    return readBpe(model, vocabulary, inBytes);
  return type === 'Unigram' && !inBytes ? readUnigram(model) : undefined;
}

function readBpe(model: JsonObject, { ids, pieces }: Vocabulary, inBytes: boolean): WordEncoder {
  const merges = asList(model['merges']);
  if (
    !merges.every(
      (entry) => typeof entry === 'string' || (Array.isArray(entry) && entry.length === 2 && entry.every((side) => typeof side === 'string')),
    )
  ) {
    throw new LlmxError('malformed', 'tokenizer.json: a merge is neither a text nor a pair of texts');
  }
  const unknown = ids.get(asString(model['unk_token']) ?? '');
  const symbols = inBytes
    ? byteSymbols(ids, unknown)
    : characterSymbols({ ids, byteFallback: model['byte_fallback'] === true, unknown, fuseUnknown: model['fuse_unk'] === true });
  const wholeWords = model['ignore_merges'] === true ? (inBytes ? 'in-bytes' : 'as-they-are') : undefined;
  return createBpe({ pieces, ids, merges: merges as readonly MergeEntry[], symbols, wholeWords });
}

function readUnigram(model: JsonObject): WordEncoder {
  const pieces = asList(model['vocab']).map((entry) => {
    const [piece, score] = asList(entry);
    if (typeof piece === 'string' && typeof score === 'number') return [piece, score] as const;
    throw new LlmxError('malformed', 'tokenizer.json: a piece of its unigram vocabulary is not a text and a score');
  });
  return createUnigram({ pieces, unknown: asId(model['unk_id']), byteFallback: model['byte_fallback'] === true });
}

/** Kinds of model that the library knows; it guesses at others. */
const libraryModels = ['BPE', 'Unigram', 'WordPiece'];

/** An encoder by the library, in which texts without special pieces have an instance of their own. */
async function libraryEncoder(tokenizer: JsonObject): Promise<EncodeText> {
  const type = asString(asObject(tokenizer['model'])?.['type']);
  if (type !== undefined && !libraryModels.includes(type))
    throw new LlmxError('unsupported', `tokenizer.json: its model is of the kind ${JSON.stringify(type)}, which is not supported`);
  const library = await import('@huggingface/tokenizers');
  const make = (json: JsonObject): ((text: string) => number[]) => {
    // an empty configuration would mean that decoding "cleans up"; decoding is done here, but let it be right
    const made = guard('unsupported', () => new library.Tokenizer(json, { clean_up_tokenization_spaces: false }));
    return (text) => guard('internal', () => made.encode(text, { add_special_tokens: false }).ids);
  };
  const all = make(tokenizer);
  const plainAdded = asList(tokenizer['added_tokens']).filter((entry) => asObject(entry)?.['special'] !== true);
  let plain: typeof all | undefined;
  return (text, parseSpecial, output) => {
    const encode = parseSpecial ? all : (plain ??= make({ ...tokenizer, added_tokens: plainAdded }));
    if (text !== '') for (const id of encode(text)) output.push(id);
  };
}

/** The library throws errors of all kinds at what it does not expect. */
function guard<Result>(code: ErrorCode, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new LlmxError(code, `tokenizer.json: ${asLlmxError(cause).message}`, '', { cause });
  }
}
