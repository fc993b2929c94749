// Text as a reader counts it: grapheme clusters and the columns that a terminal gives them.
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Text in which every UTF-16 unit is one grapheme of one column. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

export const graphemes = (text: string): string[] => (isPlain(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment));

/** Columns of a text without escape sequences or line ends. */
export const widthOf = (text: string): number => (isPlain(text) ? text.length : stringWidth(text, { countAnsiEscapeCodes: true }));

/** A window around `offset` is enough: no cluster that matters is longer. */
const reach = 64;

/** The offset where the grapheme before `offset` begins; 0 at the beginning. */
export function before(text: string, offset: number): number {
  const start = Math.max(0, offset - reach);
  const last = graphemes(text.slice(start, offset)).at(-1);
  return last === undefined ? 0 : offset - last.length;
}

/** The offset behind the grapheme that begins at `offset`. */
export function after(text: string, offset: number): number {
  const first = graphemes(text.slice(offset, offset + reach))[0];
  return first === undefined ? text.length : offset + first.length;
}
