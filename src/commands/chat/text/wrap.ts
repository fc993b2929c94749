// Breaks styled text into lines that fit: at spaces, between wide characters, and inside a word that is longer than a line.
import type { Look } from '../themes/theme.js';
import { graphemes, widthOf } from './graphemes.js';
import type { Line, Span } from './line.js';

/** One thing that is never broken: a word, a wide character, or the space between. */
interface Piece {
  readonly text: string;
  readonly look: Look | undefined;
  readonly width: number;
  readonly space: boolean;
}

const spanOf = ({ text, look }: Pick<Piece, 'text' | 'look'>): Span => (look === undefined ? { text } : { text, look });

/** Neighbours of one look become one span. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last.look === span.look) joined[joined.length - 1] = { ...last, text: last.text + span.text };
    else if (span.text !== '') joined.push(span);
  }
  return joined;
}

function* piecesOf(spans: readonly Span[]): Generator<Piece | 'break'> {
  for (const { text, look } of spans) {
    for (const part of text.split(/(\n| +)/)) {
      if (part === '') continue;
      if (part === '\n') yield 'break';
      else if (part.startsWith(' ')) yield { text: part, look, width: part.length, space: true };
      else yield* wordsOf(part, look);
    }
  }
}

/** A word whole, or its wide characters one by one. */
function* wordsOf(text: string, look: Look | undefined): Generator<Piece> {
  const width = widthOf(text);
  if (width === text.length) return yield { text, look, width, space: false };
  let word = '';
  for (const grapheme of graphemes(text)) {
    const columns = widthOf(grapheme);
    if (columns < 2) {
      word += grapheme;
      continue;
    }
    if (word !== '') yield { text: word, look, width: widthOf(word), space: false };
    word = '';
    yield { text: grapheme, look, width: columns, space: false };
  }
  if (word !== '') yield { text: word, look, width: widthOf(word), space: false };
}

/** Lines of at most `width` columns (at least 1). Spaces at a break vanish; those at the beginning of the text stay. */
export function wrapSpans(spans: readonly Span[], width: number): Line[] {
  const lines: Line[] = [];
  let line: Piece[] = [];
  let used = 0;
  /** A space that did not fit: the next word begins a line. */
  let full = false;
  const end = (): void => {
    if (line.some(({ space }) => !space)) while (line.at(-1)?.space === true) line.pop();
    lines.push(joinSpans(line.map(spanOf)));
    [line, used, full] = [[], 0, false];
  };
  for (const piece of piecesOf(spans)) {
    if (piece === 'break') {
      end();
      continue;
    }
    if (piece.space) {
      full ||= used + piece.width > width;
      if (full || (used === 0 && lines.length > 0)) continue;
      line.push(piece);
      used += piece.width;
      continue;
    }
    // What is glued to the word before, such as **bold**ly, is broken where it no longer fits.
    if (full || (used + piece.width > width && used > 0 && piece.width <= width)) end();
    for (const part of piece.width <= width ? [piece] : cutWord(piece, width - used, width)) {
      if (used + part.width > width && used > 0) end();
      line.push(part);
      used += part.width;
    }
  }
  end();
  return lines;
}

/** A word in parts: the first fits `first` columns, where that is worth it, all others `width`. */
function cutWord({ text, look }: Piece, first: number, width: number): Piece[] {
  const parts: Piece[] = [];
  let [part, columns, limit] = ['', 0, first > 0 ? first : width];
  for (const grapheme of graphemes(text)) {
    const more = widthOf(grapheme);
    if (columns + more > limit && part !== '') {
      parts.push({ text: part, look, width: columns, space: false });
      [part, columns, limit] = ['', 0, width];
    }
    part += grapheme;
    columns += more;
  }
  parts.push({ text: part, look, width: columns, space: false });
  return parts;
}
