// Finds pieces that stand for themselves in a text (`<|im_end|>`, added words) and cuts the text at them.

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

interface Node {
  readonly next: Map<number, Node>;
  piece?: SpecialPiece;
}

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
  const root: Node = { next: new Map() };
  for (const piece of pieces) {
    if (piece.text === '') continue;
    let node = root;
    for (let at = 0; at < piece.text.length; at++) {
      const unit = piece.text.charCodeAt(at);
      let child = node.next.get(unit);
      if (child === undefined) node.next.set(unit, (child = { next: new Map() }));
      node = child;
    }
    node.piece ??= piece;
  }

  const longestAt = (text: string, start: number): SpecialPiece | undefined => {
    let found: SpecialPiece | undefined;
    let node = root.next.get(text.charCodeAt(start));
    for (let at = start + 1; node !== undefined; at++) {
      found = node.piece ?? found;
      node = node.next.get(text.charCodeAt(at));
    }
    return found;
  };

  return (text, wanted = () => true) => {
    if (root.next.size === 0) return text === '' ? [] : [text];
    const segments: Segment[] = [];
    let done = 0;
    for (let at = 0; at < text.length; ) {
      const piece = root.next.has(text.charCodeAt(at)) ? longestAt(text, at) : undefined;
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
      at = Math.max(at, end);
    }
    if (done < text.length) segments.push(text.slice(done));
    return segments;
  };
}
