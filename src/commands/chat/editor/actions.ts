// Everything that a key may do to the draft: a table of pure functions.
import { layOut, offsetAt } from './layout.js';
import * as motions from './motions.js';
import { recallNewer, recallOlder } from './recall.js';
import type { Editor } from './state.js';
import { change, kill, moveTo, replace } from './state.js';

/** Columns that the draft is laid out in. */
type Action = (editor: Editor, columns: number) => Editor;

const goes =
  (motion: (editor: Editor) => number): Action =>
  (editor) =>
    moveTo(editor, motion(editor));

const kills =
  (motion: (editor: Editor) => number): Action =>
  (editor) => {
    const [start, end] = [editor.cursor, motion(editor)].sort((a, b) => a - b) as [number, number];
    return kill(editor, start, end);
  };

/** A row up or down; undefined where there is none. */
function vertically(editor: Editor, columns: number, rows: number): Editor | undefined {
  const layout = layOut(editor, editor.pastes, columns);
  const target = layout.rows[layout.row + rows];
  if (target === undefined) return undefined;
  const goal = editor.goal ?? layout.column;
  // The end of a row that goes on is the beginning of the next.
  const offset = offsetAt(target, editor.text, editor.pastes, goal);
  const wraps = offset === target.end && layout.rows[layout.row + rows + 1]?.start === offset && offset > target.start;
  return moveTo(editor, wraps ? motions.left({ ...editor, cursor: offset }) : offset, goal);
}

function swap(editor: Editor): Editor {
  const { text } = editor;
  const cursor = editor.cursor === text.length ? motions.left(editor) : editor.cursor;
  if (cursor === 0 || text.length < 2) return editor;
  const [start, end] = [motions.left({ text, cursor }), motions.right({ text, cursor })];
  return replace(editor, 'other', start, end, text.slice(cursor, end) + text.slice(start, cursor));
}

const recased =
  (recase: (word: string) => string): Action =>
  (editor) => {
    const end = motions.wordRight(editor);
    return replace(editor, 'other', editor.cursor, end, recase(editor.text.slice(editor.cursor, end)));
  };

function yank(editor: Editor): Editor {
  const [text] = editor.killed;
  if (text === undefined) return editor;
  const start = editor.cursor;
  return { ...replace(editor, 'other', start, start, text), yanked: { start, end: start + text.length, index: 0 } };
}

function yankNext(editor: Editor): Editor {
  const { yanked, killed } = editor;
  if (yanked === undefined || killed.length < 2) return editor;
  const index = (yanked.index + 1) % killed.length;
  const text = killed[index]!;
  return { ...replace(editor, 'other', yanked.start, yanked.end, text), yanked: { start: yanked.start, end: yanked.start + text.length, index } };
}

function undo(editor: Editor): Editor {
  const past = editor.undo.at(-1);
  if (past === undefined) return editor;
  const { text, cursor } = editor;
  return { ...change(editor, 'other', past.text, past.cursor), undo: editor.undo.slice(0, -1), redo: [...editor.redo, { text, cursor }] };
}

function redo(editor: Editor): Editor {
  const next = editor.redo.at(-1);
  if (next === undefined) return editor;
  return { ...change(editor, 'other', next.text, next.cursor), redo: editor.redo.slice(0, -1) };
}

export const actions = {
  left: goes(motions.left),
  right: goes(motions.right),
  'word-left': goes(motions.wordLeft),
  'word-right': goes(motions.wordRight),
  'line-start': goes(motions.lineStart),
  'line-end': goes(motions.lineEnd),
  'text-start': goes(() => 0),
  'text-end': goes(({ text }) => text.length),
  up: (editor, columns) => vertically(editor, columns, -1) ?? recallOlder(editor),
  down: (editor, columns) => vertically(editor, columns, 1) ?? recallNewer(editor),
  older: (editor) => recallOlder(editor),
  newer: (editor) => recallNewer(editor),
  newline: (editor) => replace(editor, 'type', editor.cursor, editor.cursor, '\n'),
  'delete-left': (editor) => (editor.cursor === 0 ? editor : replace(editor, 'delete', motions.left(editor), editor.cursor)),
  'delete-right': (editor) => (editor.cursor === editor.text.length ? editor : replace(editor, 'delete', editor.cursor, motions.right(editor))),
  'kill-word-left': kills(motions.wordLeft),
  'kill-word-right': kills(motions.wordRight),
  'kill-big-word-left': kills(motions.bigWordLeft),
  'kill-to-start': kills(motions.lineStart),
  /** At the end of a line: the line end itself. */
  'kill-to-end': kills((editor) => (motions.lineEnd(editor) === editor.cursor ? motions.right(editor) : motions.lineEnd(editor))),
  yank,
  'yank-next': yankNext,
  swap,
  upper: recased((word) => word.toUpperCase()),
  lower: recased((word) => word.toLowerCase()),
  capital: recased((word) => word.toLowerCase().replace(/\p{L}/u, (letter) => letter.toUpperCase())),
  undo,
  redo,
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof actions;
