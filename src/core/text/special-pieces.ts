// Finds pieces that stand for themselves in a text (`<|im_end|>`, added words) and cuts the text at them.
import { createPieceTrie } from './piece-trie.js';

export interface SpecialPiece {
  readonly text: string;
  readonly id: number;
  /** White space before or after the piece belongs to it. */
  readonly trimsLeft?: boolean;
  readonly trimsRight?: boolean;
  /** Found only where no letter, digit or underscore adjoins. */
  readonly wholeWord?: boolean;
}

/** A stretch of plain text, or the id of a piece. */
export type Segment = string | number;

const isSpace = (text: string, at: number): boolean => /\p{White_Space}/u.test(text[at] ?? '');
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u.test(character);

const standsAlone = (text: string, start: number, end: number): boolean => {
  const before = text.slice(Math.max(0, start - 2), start);
  return !isWord([...before].at(-1)) && !isWord([...text.slice(end, end + 2)][0]);
};

/**
 * Cuts a text at the leftmost piece, the longest where several start there. Pieces that `wanted` refuses are read as text.
 * Of two pieces with one text the first counts.
 */
export function createSegmenter(pieces: readonly SpecialPiece[]): (text: string, wanted?: (id: number) => boolean) => Segment[] {
  const trie = createPieceTrie<SpecialPiece>();
  for (const piece of pieces) trie.add(piece.text, piece);
  const units = trie.firstUnits();
  if (units.length === 0) return (text) => (text === '' ? [] : [text]);

  /** A regular expression finds the places where a piece may start quickest. */
  const starts = new RegExp(`[${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}]`, 'g');
  const nextStart = (text: string, from: number): number => {
    starts.lastIndex = from;
    return starts.test(text) ? starts.lastIndex - 1 : text.length;
  };
  const longestAt = (text: string, start: number): SpecialPiece | undefined => {
    let longest: SpecialPiece | undefined;
    trie.each(text, start, (_, piece) => void (longest = piece));
    return longest;
  };

  return (text, wanted = () => true) => {
    const segments: Segment[] = [];
    let done = 0;
    for (let at = nextStart(text, 0); at < text.length; at = nextStart(text, at)) {
      const piece = longestAt(text, at);
      if (piece === undefined) {
        at++;
        continue;
      }
      let start = at;
      let end = at + piece.text.length;
      at = end;
      if (!wanted(piece.id) || (piece.wholeWord && !standsAlone(text, start, end))) continue;
      if (piece.trimsLeft) while (start > done && isSpace(text, start - 1)) start--;
      if (piece.trimsRight) while (end < text.length && isSpace(text, end)) end++;
      if (start > done) segments.push(text.slice(done, start));
      segments.push(piece.id);
      done = end;
      at = end;
    }
    if (done < text.length) segments.push(text.slice(done));
    return segments;
  };
}
