// A Markdown table: columns shrink until they fit; where even that is too much, rows become lists.
import type { Tokens } from 'marked';
import type { Line, Span } from '../text/line.js';
import { lineWidth } from '../text/line.js';
import { wrapSpans } from '../text/wrap.js';
import type { Page } from './blocks.js';
import { inlineSpans } from './inline.js';

const gap = 2;
const narrowest = 6;
/** More columns or rows than anyone reads on a terminal. */
const mostCells = 20_000;

export function tableLines({ header, rows, align, raw }: Tokens.Table, page: Page): Line[] {
  const { ink, columns } = page;
  if (header.length * (rows.length + 1) > mostCells) return wrapSpans([{ text: raw.trimEnd() }], columns);
  const head = header.map(({ tokens }) => inlineSpans(tokens, ink, ink.look('table-head')));
  const body = rows.map((row) => row.map(({ tokens }) => inlineSpans(tokens, ink)));
  const natural = head.map((cell, index) => Math.max(1, ...[cell, ...body.map((row) => row[index] ?? [])].map(lineWidth)));
  const widths = fit(natural, columns - gap * (head.length - 1));
  if (widths === undefined) return asLists(head, body, columns);
  const rowLines = (cells: readonly (readonly Span[])[]): Line[] => {
    const wrapped = widths.map((width, index) => wrapSpans(cells[index] ?? [], width));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, row) =>
      widths.flatMap((width, index): Line => pad(wrapped[index]![row] ?? [], width, align[index] ?? null, index === widths.length - 1)),
    );
  };
  const rule = { text: widths.map((width) => '─'.repeat(width)).join(' '.repeat(gap)), look: ink.look('rule') };
  return [...rowLines(head), [rule], ...body.flatMap(rowLines)];
}

function pad(line: Line, width: number, align: 'left' | 'right' | 'center' | null, last: boolean): Line {
  const missing = Math.max(0, width - lineWidth(line));
  const left = align === 'right' ? missing : align === 'center' ? Math.floor(missing / 2) : 0;
  return [{ text: ' '.repeat(left) }, ...line, ...(last ? [] : [{ text: ' '.repeat(missing - left + gap) }])];
}

/** Widths that sum to `columns` at most: the widest give way first. Undefined where they cannot. */
function fit(natural: readonly number[], columns: number): number[] | undefined {
  const least = natural.map((width) => Math.min(width, narrowest));
  if (least.reduce((sum, width) => sum + width, 0) > columns) return undefined;
  const widths = [...natural];
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - columns; excess > 0;) {
    const widest = Math.max(...widths);
    const at = widths.flatMap((width, index) => (width === widest ? [index] : []));
    const next = Math.max(narrowest, ...widths.filter((width) => width < widest));
    const step = Math.min(widest - next || 1, Math.ceil(excess / at.length));
    for (const index of at) widths[index] = Math.max(least[index]!, widths[index]! - step);
    excess = widths.reduce((sum, width) => sum + width, 0) - columns;
  }
  return widths;
}

/** Each row as `head: cell` lines. */
function asLists(head: readonly (readonly Span[])[], body: readonly (readonly (readonly Span[])[])[], columns: number): Line[] {
  return body.flatMap((row, index) => [
    ...(index === 0 ? [] : [[]]),
    ...row.flatMap((cell, column) => wrapSpans([...(head[column] ?? []), { text: ': ' }, ...cell], columns)),
  ]);
}
