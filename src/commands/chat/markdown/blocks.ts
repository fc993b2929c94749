// Markdown blocks as lines of the screen: one function for each kind of block.
import type { Token, Tokens } from 'marked';
import type { Ink, Line } from '../text/line.js';
import { lineWidth } from '../text/line.js';
import { wrapSpans } from '../text/wrap.js';
import { codeLines } from './code.js';
import { inlineSpans } from './inline.js';
import { tableLines } from './table.js';

export interface Page {
  readonly ink: Ink;
  readonly columns: number;
  /** Coloured lines of code, or undefined where the language is not known (yet). */
  readonly highlight: (code: string, language: string) => readonly Line[] | undefined;
}

type Block = (token: never, page: Page) => Line[];

/** Deeper than this nothing is indented any further. */
const leastColumns = 24;

/** `body` in front of all lines of `inside`; the first gets `head`, which is as wide. */
function indented(head: Line, body: Line, page: Page, inside: (page: Page) => Line[]): Line[] {
  const width = lineWidth(head);
  if (page.columns - width < leastColumns && page.columns - width < page.columns / 2) return inside(page);
  const blank = body.every(({ text }) => text.trim() === '');
  return inside({ ...page, columns: page.columns - width }).map((line, index) =>
    index === 0 ? [...head, ...line] : blank && line.length === 0 ? [] : [...body, ...line],
  );
}

/** A new line is one: models write verses and addresses so, not text that someone has wrapped. */
const paragraph = (token: Tokens.Paragraph | Tokens.Text, { ink, columns }: Page): Line[] =>
  wrapSpans(inlineSpans(token.tokens ?? [token], ink), columns);

function heading({ depth, tokens }: Tokens.Heading, { ink, columns }: Page): Line[] {
  const look = ink.look('heading');
  const spans = inlineSpans(tokens, ink, look);
  return wrapSpans(ink.styled ? spans : [{ text: `${'#'.repeat(depth)} `, look }, ...spans], columns);
}

/** Numbers are those that were written, so that a list is the same when it comes item by item. */
function list({ ordered, start, items }: Tokens.List, page: Page): Line[] {
  return items.flatMap((item, index) => {
    const number = /^\s*(\d{1,9})[.)]/.exec(item.raw)?.[1] ?? String(Number(start) + index);
    const mark = ordered ? `${number}. ` : '• ';
    const [first, ...rest] = item.tokens;
    const task = first?.type === 'checkbox' ? inlineSpans([first], page.ink) : [];
    const head: Line = [{ text: mark, look: page.ink.look('bullet') }, ...task];
    const body: Line = [{ text: ' '.repeat(lineWidth(head)) }];
    const lines = indented(head, body, page, (inner) => blockLines(task.length > 0 ? rest : item.tokens, inner, item.loose ? 1 : 0));
    // An empty item has its mark all the same.
    const shown = lines.length === 0 ? [head] : lines;
    return /\n[ \t]*\n\s*$/.test(item.raw) && index < items.length - 1 ? [...shown, []] : shown;
  });
}

function quote({ tokens }: Tokens.Blockquote, page: Page): Line[] {
  const bar: Line = [{ text: '│ ', look: page.ink.look('quote') }];
  return indented(bar, bar, page, (inner) => blockLines(tokens, inner, 1));
}

const rule = (_token: Tokens.Hr, { ink, columns }: Page): Line[] => [[{ text: '─'.repeat(Math.min(columns, 40)), look: ink.look('rule') }]];

/** As it was written. */
const source = ({ raw }: Tokens.Generic, { columns }: Page): Line[] => wrapSpans([{ text: raw.replace(/\n+$/, '') }], columns);

const blocks: Readonly<Record<string, Block>> = {
  paragraph,
  text: paragraph,
  heading,
  list,
  blockquote: quote,
  code: (token: Tokens.Code, page) => codeLines(token.text, token.lang ?? '', page),
  table: (token: Tokens.Table, page) => tableLines(token, page),
  hr: rule,
};

/** `gap` empty lines stand between blocks; none beside what is empty itself. */
export function blockLines(tokens: readonly Token[], page: Page, gap: number): Line[] {
  const lines: Line[] = [];
  for (const token of tokens) {
    if (token.type === 'space') continue;
    const block = (blocks[token.type] ?? source)(token as never, page);
    if (lines.length > 0) for (let empty = 0; empty < gap; empty++) lines.push([]);
    lines.push(...block);
  }
  return lines;
}
