// Names and values in two columns, for reports that people read.
import { printable } from '../../core/base/printable.js';
import { fold } from './fold.js';

export type Rows = readonly (readonly [name: string, value: string])[];

/** Where the second column would have less than this, it goes below the first. */
const leastValue = 24;

/** Values of several lines stay in their column; `width` is where lines are folded, Infinity for a pipe. A name is always one line. */
export function columns(rows: Rows, width: number): string {
  const names = rows.map(([name]) => printable(name));
  const wanted = names.reduce((most, { length }) => Math.max(most, length), 0) + 2;
  const indent = width - wanted < leastValue ? 4 : wanted;
  return rows
    .map(([, value], index) => {
      const text = value
        .split('\n')
        .map((line) => fold(line, width, indent))
        .join('\n');
      const name = names[index]!;
      return name.length + 2 <= indent ? name.padEnd(indent) + text.slice(indent) : `${name}\n${text}`;
    })
    .join('\n');
}
