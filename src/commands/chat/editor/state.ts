// What the editor holds: a draft, a cursor, what was killed and what can be undone. Plain data; every change makes a new one.

/** The draft at one moment. */
export interface Draft {
  readonly text: string;
  /** UTF-16 offset, always between two graphemes. */
  readonly cursor: number;
}

/** Where the user stands among earlier entries; `entry` counts from the newest, 0. */
export interface Recall {
  readonly entry: number;
  /** What was being written before. */
  readonly draft: Draft;
}

/** Ctrl+R: the newest entry that holds the query. */
export interface Search {
  readonly query: string;
  readonly entry: number | undefined;
  readonly draft: Draft;
}

export interface Editor extends Draft {
  /** The column that Up and Down aim at. */
  readonly goal: number | undefined;
  /** Newest first. */
  readonly killed: readonly string[];
  /** What the last yank put in: Alt+Y replaces it by the next of `killed`. */
  readonly yanked: { readonly start: number; readonly end: number; readonly index: number } | undefined;
  readonly undo: readonly Draft[];
  readonly redo: readonly Draft[];
  /** Kind of the last change: typing, or killing, goes on in one step of undo. */
  readonly last: Change | undefined;
  /** Pasted texts that stand in the draft as one character each. */
  readonly pastes: readonly string[];
  /** Newest first. */
  readonly history: readonly string[];
  readonly recall: Recall | undefined;
  readonly search: Search | undefined;
}

/** `type` and `kill` join with the like before them; `other` stands alone. */
export type Change = 'type' | 'delete' | 'kill' | 'other';

const mostUndo = 200;
const mostKilled = 20;

export const emptyEditor = (history: readonly string[] = []): Editor => ({
  ...{ text: '', cursor: 0, goal: undefined, killed: [], yanked: undefined, undo: [], redo: [], last: undefined },
  ...{ pastes: [], history, recall: undefined, search: undefined },
});

/** The draft changed by the user: undo remembers what was. */
export function change(editor: Editor, kind: Change, text: string, cursor: number): Editor {
  const joins = kind !== 'other' && kind === editor.last;
  const before: Draft = { text: editor.text, cursor: editor.cursor };
  return {
    ...editor,
    ...{ text, cursor, goal: undefined, yanked: undefined, redo: [], last: kind },
    undo: joins ? editor.undo : [...editor.undo.slice(-mostUndo), before],
  };
}

/** The cursor alone. */
export const moveTo = (editor: Editor, cursor: number, goal?: number): Editor => ({ ...editor, cursor, goal, yanked: undefined, last: undefined });

/** Puts `text` in place of what lies between two offsets. */
export const replace = (editor: Editor, kind: Change, start: number, end: number, text = ''): Editor =>
  change(editor, kind, editor.text.slice(0, start) + text + editor.text.slice(end), start + text.length);

/** Takes out what lies between two offsets and keeps it for Ctrl+Y; kills in a row are one. */
export function kill(editor: Editor, start: number, end: number): Editor {
  if (start >= end) return editor;
  const text = editor.text.slice(start, end);
  const joins = editor.last === 'kill';
  const [top = '', ...rest] = editor.killed;
  const joined = joins ? (start < editor.cursor ? text + top : top + text) : text;
  const killed = [joined, ...(joins ? rest : editor.killed)].slice(0, mostKilled);
  return { ...replace(editor, 'kill', start, end), killed };
}

/** Another draft, such as one of the history; undo goes back over it. */
export const setDraft = (editor: Editor, { text, cursor }: Draft): Editor => change(editor, 'other', text, cursor);

/** Empty again, with what outlives a message. */
export const afterSend = ({ killed, history }: Editor): Editor => ({ ...emptyEditor(history), killed });
