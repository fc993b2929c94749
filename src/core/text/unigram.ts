// Unigram: of all ways to write a word in pieces, the one with the highest sum of log probabilities (Kudo 2018, Viterbi's search).
import { createPieceTrie } from './piece-trie.js';
import { characterSymbols, remember, type WordEncoder } from './words.js';

interface UnigramOptions {
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unknown: number | undefined;
  readonly byteFallback: boolean;
}

/** How much worse than the worst piece an unknown character is. */
const unknownPenalty = 10;

export function createUnigram({ pieces, unknown, byteFallback }: UnigramOptions): WordEncoder {
  const trie = createPieceTrie<number>();
  const ids = new Map<string, number>();
  let worst = Infinity;
  pieces.forEach(([piece, score], id) => {
    trie.add(piece, id);
    if (!ids.has(piece)) ids.set(piece, id);
    worst = Math.min(worst, score);
  });
  /** A run that no piece writes: bytes where the vocabulary has them, else one unknown piece. */
  const spellUnknown = characterSymbols({
    ids: new Map([...ids].filter(([piece]) => piece.startsWith('<0x'))),
    byteFallback,
    unknown,
    fuseUnknown: true,
  });

  return remember((word) => {
    const best = new Float64Array(word.length + 1).fill(-Infinity);
    const start = new Int32Array(word.length + 1).fill(-1);
    /** Piece that ends at a place, -1 for an unknown character. */
    const piece = new Int32Array(word.length + 1).fill(-1);
    best[0] = 0;
    const reach = (end: number, from: number, score: number, id: number): void => {
      if (start[end]! >= 0 && !(score > best[end]!)) return;
      best[end] = score;
      start[end] = from;
      piece[end] = id;
    };
    for (let from = 0; from < word.length;) {
      const after = from + (word.codePointAt(from)! > 0xffff ? 2 : 1);
      const soFar = best[from]!;
      let known = false;
      trie.each(word, from, (end, id) => {
        reach(end, from, soFar + pieces[id]![1], id);
        known ||= end === after;
      });
      if (!known) reach(after, from, soFar + worst - unknownPenalty, -1);
      from = after;
    }

    const found: number[][] = [];
    for (let end = word.length; end > 0;) {
      let from = start[end]!;
      const id = piece[end]!;
      if (id >= 0 && id !== unknown) found.push([id]);
      else {
        while (from > 0 && (piece[from] === -1 || piece[from] === unknown)) from = start[from]!;
        const run = ids.get(word.slice(from, end));
        found.push(run === undefined ? spellUnknown(word.slice(from, end)) : [run]);
      }
      end = from;
    }
    return found.reverse().flat();
  });
}
