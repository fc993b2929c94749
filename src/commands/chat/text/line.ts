// Lines of styled text: wrapped to a width, cut to it, and written out with escape codes. Every written line stands for itself.
import { printable } from '../../../core/base/printable.js';
import type { Look, Role, Theme } from '../themes/theme.js';
import { colors } from '../themes/theme.js';
import { graphemes, widthOf } from './graphemes.js';

export interface Span {
  readonly text: string;
  readonly look?: Look;
}
/** One row of the screen, without a line end. */
export type Line = readonly Span[];

/** How roles look: a theme, or nothing at all where a terminal is to get no escape codes. */
export interface Ink {
  /** Adds the role's look to the one around it. */
  look(role: Role, around?: Look): Look;
  /** False where markup has to stay legible without attributes. */
  readonly styled: boolean;
}

export const inkOf = (theme: Theme | undefined): Ink => ({
  look: (role, around = {}) => (theme === undefined ? {} : { ...around, ...theme.looks[role] }),
  styled: theme !== undefined,
});

export const lineWidth = (line: Line): number => line.reduce((sum, { text }) => sum + widthOf(text), 0);

export const plainText = (line: Line): string => line.map(({ text }) => text).join('');

const attributes = [
  ['bold', 1, 22],
  ['dim', 2, 22],
  ['italic', 3, 23],
  ['underline', 4, 24],
  ['inverse', 7, 27],
  ['strike', 9, 29],
] as const;

function spanText({ text, look = {} }: Span): string {
  let [open, close] = ['', ''];
  for (const [name, on, off] of attributes) {
    if (look[name] !== true) continue;
    open += `\u001b[${on}m`;
    close = `\u001b[${off}m${close}`;
  }
  if (look.color !== undefined) {
    open += `\u001b[${colors[look.color]}m`;
    close = `\u001b[39m${close}`;
  }
  // Whatever made this text: nothing in it acts.
  return text === '' ? '' : open + printable(text) + close;
}

/** With escape codes; a look without attributes writes none. */
export const written = (line: Line): string => line.map(spanText).join('');

/** Cut to `width` columns with an ellipsis where it is longer. */
export function cutLine(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  const cut: Span[] = [];
  let left = width - 1;
  for (const { text, ...rest } of line) {
    const kept: string[] = [];
    for (const grapheme of graphemes(text)) {
      const columns = widthOf(grapheme);
      if (columns > left) return width < 1 ? [] : [...cut, { ...rest, text: `${kept.join('')}…` }];
      kept.push(grapheme);
      left -= columns;
    }
    cut.push({ ...rest, text });
  }
  return cut;
}

/** Columns between tab stops. */
const tabWidth = 4;

export const withoutTabs = (text: string): string => text.replaceAll('\t', ' '.repeat(tabWidth));
