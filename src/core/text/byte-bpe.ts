// Byte-level BPE from a vocabulary, its merges and the name of a pre-tokenizer: what GGUF calls model `gpt2`.
import { LlmxError } from '../base/error.js';
import { assembleTokenizer, marks, withinVocabulary } from './assemble.js';
import { createBpe } from './bpe.js';
import { byteOfPiece, spaceMark, unspellBytes, utf8 } from './byte-alphabet.js';
import { createSplitter, findPreTokenizer, type PreTokenizer } from './pre-tokenizers.js';
import { inSequence, type Splitter } from './splitter.js';
import { createSegmenter } from './special-pieces.js';
import type { PieceType, Tokenizer, TokenizerSource } from './tokenizer.js';
import { byteSymbols, characterSymbols, markSplitter, type WordEncoder } from './words.js';

type ByteBpeSource = Extract<TokenizerSource, { kind: 'byte-bpe' }>;

/** Types whose pieces never print. */
export const controlTypes: ReadonlySet<PieceType | undefined> = new Set<PieceType>(['control', 'unused', 'unknown']);

/** Pieces by spelling; of several the first counts, and empty ones are left out. */
export function indexPieces(pieces: readonly string[], wanted: (id: number) => boolean = () => true): Map<string, number> {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (piece !== '' && wanted(id) && !ids.has(piece)) ids.set(piece, id);
  });
  return ids;
}

export function checkLengths(pieces: readonly string[], other: readonly unknown[], name: string): void {
  if (other.length === pieces.length || (name === 'types' && other.length === 0)) return;
  throw new LlmxError('malformed', `the tokenizer has ${pieces.length} pieces and ${other.length} ${name}`);
}

export function createByteBpe(source: ByteBpeSource): Tokenizer {
  const { pieces, types } = source;
  checkLengths(pieces, types, 'types');
  const special = withinVocabulary(source.special, pieces.length);
  const row = findPreTokenizer(source.preTokenizer);
  const ids = indexPieces(pieces);
  const isMark = (id: number): boolean => id === special.bos || id === special.eos;
  const isControl = (id: number): boolean => controlTypes.has(types[id]) || isMark(id);
  const findSpecial = createSegmenter(
    pieces.flatMap((text, id) => (types[id] === 'user-defined' || (isControl(id) && types[id] !== 'unused') ? [{ text, id }] : [])),
  );
  const words = row.characters
    ? newlinesWhole(
        ids,
        createBpe({
          pieces,
          ids,
          merges: source.merges,
          symbols: characterSymbols({ ids, byteFallback: true, unknown: special.unknown, fuseUnknown: false }),
          wholeWords: undefined,
        }),
      )
    : createBpe({ pieces, ids, merges: source.merges, symbols: byteSymbols(ids, undefined), wholeWords: row.wholeWords && 'in-bytes' });
  const split = row.characters ? characterSplitter(row, pieces) : createSplitter(row);
  const normalize = row.normalize ? (text: string): string => text.normalize(row.normalize) : (text: string): string => text;

  return assembleTokenizer({
    kind: 'byte-bpe',
    special,
    pieces,
    isControl,
    print: (id, piece) => {
      if (types[id] === 'user-defined' || isControl(id)) return utf8(piece);
      if (!row.characters) return unspellBytes(piece) ?? utf8(piece);
      const byte = types[id] === 'byte' ? byteOfPiece(piece) : undefined;
      return byte === undefined ? utf8(piece.replaceAll(spaceMark, ' ')) : Uint8Array.of(byte);
    },
    dropsFirstSpace: false,
    ...marks(special),
    encodeText: (text, parseSpecial, output) => {
      for (const segment of findSpecial(text, (id) => parseSpecial || !isControl(id))) {
        if (typeof segment === 'number') output.push(segment);
        else split(normalize(segment), (word) => words(word, output));
      }
    },
  });
}

/** A run of line ends that is a piece is that piece: lists of merges in GGUF files cannot spell the way to it. */
const newlinesWhole =
  (ids: ReadonlyMap<string, number>, encode: WordEncoder): WordEncoder =>
  (word, output) => {
    const id = /^\n+$/.test(word) ? ids.get(word) : undefined;
    if (id === undefined) encode(word, output);
    else output.push(id);
  };

/** Gemma's way: the space is written as a mark, and words may be cut before it. */
function characterSplitter(row: PreTokenizer, pieces: readonly string[]): Splitter {
  const split = inSequence([createSplitter(row), markSplitter(pieces, spaceMark)]);
  return (text, emit) => split(text.replaceAll(' ', spaceMark), emit);
}
