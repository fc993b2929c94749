// The editor as lines of the screen with a cursor. Pure.
import type { Editor } from '../editor/state.js';
import { layOut } from '../editor/layout.js';
import type { Ink, Line, Span } from '../text/line.js';
import { cutLine } from '../text/line.js';
import { safeLine } from '../text/safe.js';
import { widthOf } from '../text/graphemes.js';

export interface EditorView {
  readonly lines: readonly Line[];
  /** In rows and columns of `lines`. */
  readonly cursor: { readonly x: number; readonly y: number };
}

const prompt = '> ';
const goesOn = '  ';

/** The columns of the draft itself, beside the prompt; one is left free for the cursor. */
export const draftColumns = (columns: number): number => Math.max(1, columns - prompt.length - 1);

/** At most `rows` rows, those around the cursor. */
export function editorView(editor: Editor, columns: number, rows: number, placeholder: string, ink: Ink): EditorView {
  if (editor.search !== undefined) return searchView(editor, columns, ink);
  const head = { text: prompt, look: ink.look('prompt') };
  if (editor.text === '')
    return { lines: [cutLine([head, { text: placeholder, look: ink.look('placeholder') }], columns)], cursor: { x: prompt.length, y: 0 } };
  const layout = layOut(editor, editor.pastes, draftColumns(columns));
  const first = Math.max(0, Math.min(layout.row - Math.floor(rows / 2), layout.rows.length - rows));
  const shown = layout.rows.slice(first, first + rows);
  const lines = shown.map(({ cells }, index): Line => {
    const spans: Span[] = cells.map(({ text, folded }) => ({ text, look: ink.look(folded ? 'notice' : 'user') }));
    return cutLine([first + index === 0 ? head : { text: goesOn }, ...joinEqual(spans)], columns);
  });
  return { lines, cursor: { x: prompt.length + layout.column, y: layout.row - first } };
}

function joinEqual(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && JSON.stringify(last.look) === JSON.stringify(span.look))
      joined[joined.length - 1] = { ...last, text: last.text + span.text };
    else joined.push(span);
  }
  return joined;
}

function searchView({ search, history }: Editor, columns: number, ink: Ink): EditorView {
  const { query, entry } = search!;
  const head = `${entry === undefined && query !== '' ? 'no such entry' : 'search'}: ${safeLine(query)}`;
  const found = entry === undefined ? '' : safeLine(history[entry]!);
  const lines = [
    cutLine([{ text: head, look: ink.look('prompt') }], columns),
    cutLine([{ text: goesOn }, { text: found, look: ink.look('user') }], columns),
  ];
  return { lines, cursor: { x: Math.min(widthOf(head), columns - 1), y: 0 } };
}
