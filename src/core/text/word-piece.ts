// WordPiece: the longest piece that a word begins with, then the longest that goes on, and so forth (Wu et al. 2016, BERT's way).
import { createPieceTrie } from './piece-trie.js';
import { remember, type WordEncoder } from './words.js';

interface WordPieceOptions {
  readonly ids: ReadonlyMap<string, number>;
  /** Stands for a word that pieces cannot write; without it such words vanish. */
  readonly unknown: number | undefined;
  /** What pieces inside a word begin with. */
  readonly prefix: string;
  /** Most characters of a word; longer ones are unknown. */
  readonly longest: number;
}

export function createWordPiece({ ids, unknown, prefix, longest }: WordPieceOptions): WordEncoder {
  const starts = createPieceTrie<number>();
  const rests = createPieceTrie<number>();
  for (const [piece, id] of ids) {
    starts.add(piece, id);
    if (piece.startsWith(prefix)) rests.add(piece.slice(prefix.length), id);
  }
  const unknownWord = unknown === undefined ? [] : [unknown];
  return remember((word) => {
    if (word.length > longest && [...word].length > longest) return unknownWord;
    const found: number[] = [];
    for (let at = 0; at < word.length;) {
      let [end, id] = [at, -1];
      (at === 0 ? starts : rests).each(word, at, (reached, piece) => ([end, id] = [reached, piece]));
      if (id < 0) return unknownWord;
      found.push(id);
      at = end;
    }
    return found;
  });
}
