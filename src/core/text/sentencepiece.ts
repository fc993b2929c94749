// SentencePiece BPE: neighbours whose joined spelling is a piece merge in order of that piece's score.
// Used by GGUF model `llama`, by llama2.c and by tokenizer.model files.
import { assembleTokenizer, marks, withinVocabulary } from './assemble.js';
import { byteOfPiece, spaceMark, utf8 } from './byte-alphabet.js';
import { checkLengths, controlTypes, indexPieces } from './byte-bpe.js';
import { createMerger, type MergeRules } from './merge.js';
import { rememberPairs } from './pair-cache.js';
import { createSegmenter } from './special-pieces.js';
import type { PieceType, Tokenizer, TokenizerSource } from './tokenizer.js';
import { characterSymbols, markSplitter, mergedWord, remember, type WordEncoder } from './words.js';

type SentencepieceSource = Extract<TokenizerSource, { kind: 'sentencepiece' }>;

/** Types that merging may reach. */
const mergeable: ReadonlySet<PieceType | undefined> = new Set<PieceType | undefined>(['normal', 'user-defined', 'unused', undefined]);

export function createSentencepiece(source: SentencepieceSource): Tokenizer {
  const { pieces, scores, types } = source;
  checkLengths(pieces, types, 'types');
  checkLengths(pieces, scores, 'scores');
  const special = withinVocabulary(source.special, pieces.length);
  const isControl = (id: number): boolean => controlTypes.has(types[id]) || id === special.bos || id === special.eos;

  // Words added behind the trained pieces (`<|im_start|>`) part the text, and what follows begins anew, as in every other
  // tokenizer of these models; symbols inside the trained vocabulary stand in the running text, as SentencePiece has them.
  const trained = lastTrained(types);
  const partsText = (id: number): boolean => (isControl(id) ? types[id] !== 'unused' : types[id] === 'user-defined' && id > trained);
  const findSpecial = createSegmenter(pieces.flatMap((text, id) => (partsText(id) ? [{ text, id }] : [])));
  const findSymbols = createSegmenter(
    pieces.flatMap((text, id) => (types[id] === 'user-defined' && !partsText(id) ? [{ text: text.replaceAll(' ', spaceMark), id }] : [])),
  );
  const words = scoredWords(source, special.unknown);
  const split = markSplitter(
    pieces.filter((_, id) => mergeable.has(types[id])),
    spaceMark,
  );

  const prefixes = (marked: string, atStart: boolean): boolean =>
    source.addSpacePrefix && (source.spacePrefix === undefined || (!marked.startsWith(spaceMark) && (atStart || source.spacePrefix === 'always')));
  const encodePlain = (text: string, atStart: boolean, output: number[]): void => {
    const marked = text.replaceAll(' ', spaceMark);
    for (const segment of findSymbols(prefixes(marked, atStart) ? spaceMark + marked : marked)) {
      if (typeof segment === 'number') output.push(segment);
      else split(segment, (word) => words(word, output));
    }
  };

  return assembleTokenizer({
    kind: 'sentencepiece',
    special,
    pieces,
    isControl,
    print: (id, piece) => {
      const byte = types[id] === 'byte' ? byteOfPiece(piece) : undefined;
      return byte === undefined ? utf8(piece.replaceAll(spaceMark, ' ')) : Uint8Array.of(byte);
    },
    dropsFirstSpace: source.addSpacePrefix,
    ...marks(special),
    encodeText: (text, parseSpecial, output) => {
      let atStart = true;
      for (const segment of findSpecial(text, (id) => parseSpecial || !isControl(id))) {
        if (typeof segment === 'number') output.push(segment);
        else encodePlain(segment, atStart, output);
        atStart = false;
      }
    },
  });
}

/** Last id of the vocabulary as it was trained; pieces behind it were added later. */
function lastTrained(types: readonly PieceType[]): number {
  for (let id = types.length - 1; id >= 0; id--) if (types[id] === 'normal' || types[id] === 'byte') return id;
  return -1;
}

function scoredWords({ pieces, scores, types }: SentencepieceSource, unknown: number | undefined): WordEncoder {
  const ids = indexPieces(pieces, (id) => mergeable.has(types[id]));
  const withBytes = new Map(ids);
  pieces.forEach((piece, id) => {
    if (types[id] === 'byte') withBytes.set(piece.toUpperCase().replace('<0X', '<0x'), id);
  });
  const ranks = rankScores(scores);
  /** How an unused piece came to be: it is never output, but taken apart again. */
  const partsOfUnused = new Map<number, readonly [number, number]>();

  const join = rememberPairs((left, right) => {
    if (!mergeable.has(types[left]) || !mergeable.has(types[right])) return -1;
    return ids.get(pieces[left]! + pieces[right]!) ?? -1;
  });
  const rules: MergeRules = {
    find: (left, right) => {
      const joined = join(left, right);
      if (joined >= 0 && types[joined] === 'unused') partsOfUnused.set(joined, [left, right]);
      return joined;
    },
    priority: (joined) => ranks[joined]!,
    result: (joined) => joined,
  };
  const merged = mergedWord(characterSymbols({ ids: withBytes, byteFallback: true, unknown, fuseUnknown: true }), createMerger(rules));

  const takeApart = (symbols: readonly number[]): number[] => {
    const used: number[] = [];
    const rest = [...symbols].reverse();
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      const parts = partsOfUnused.get(id);
      if (parts === undefined) used.push(id);
      else rest.push(parts[1], parts[0]);
    }
    return used;
  };
  return remember((word) => {
    partsOfUnused.clear();
    const symbols = merged(word);
    return partsOfUnused.size === 0 ? symbols : takeApart(symbols);
  });
}

/** Place of each id's score among all scores, best first; equal scores share a place, so that ties go to the left. */
function rankScores(scores: readonly number[]): Int32Array {
  const values = Float64Array.from(scores, (score) => (Number.isNaN(score) ? -Infinity : score));
  const order = values.slice().sort().reverse();
  const places = new Map<number, number>();
  for (const value of order) if (!places.has(value)) places.set(value, places.size);
  return Int32Array.from(values, (value) => places.get(value)!);
}
