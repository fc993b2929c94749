// Earlier entries: Up and Down at the edges of the draft, and Ctrl+R's search. Pure.
import type { Draft, Editor } from './state.js';
import { setDraft } from './state.js';

const atEnd = (text: string): Draft => ({ text, cursor: text.length });

/** Entries that begin with what was written before are wanted first; with nothing written, all. */
function showEntry(editor: Editor, entry: number, draft: Draft): Editor {
  return { ...setDraft(editor, atEnd(editor.history[entry]!)), recall: { entry, draft } };
}

export function recallOlder(editor: Editor): Editor {
  const entry = editor.recall === undefined ? 0 : editor.recall.entry + 1;
  if (entry >= editor.history.length) return editor;
  return showEntry(editor, entry, editor.recall?.draft ?? { text: editor.text, cursor: editor.cursor });
}

export function recallNewer(editor: Editor): Editor {
  const { recall } = editor;
  if (recall === undefined) return editor;
  if (recall.entry > 0) return showEntry(editor, recall.entry - 1, recall.draft);
  return { ...setDraft(editor, recall.draft), recall: undefined };
}

/** The first entry from `from` on that holds the query, case aside. */
function find(history: readonly string[], query: string, from: number): number | undefined {
  if (query === '') return undefined;
  const found = history.findIndex((entry, index) => index >= from && entry.toLowerCase().includes(query.toLowerCase()));
  return found < 0 ? undefined : found;
}

/** Begins to search; again: the next older one. */
export function search(editor: Editor): Editor {
  const { search: current, history, text, cursor } = editor;
  if (current === undefined) return { ...editor, search: { query: '', entry: undefined, draft: { text, cursor } } };
  const entry = find(history, current.query, current.entry === undefined ? 0 : current.entry + 1);
  return entry === undefined ? editor : { ...editor, search: { ...current, entry } };
}

export function searchFor(editor: Editor, query: string): Editor {
  const { search: current, history } = editor;
  return current === undefined ? editor : { ...editor, search: { ...current, query, entry: find(history, query, 0) } };
}

/** Takes what was found; `keep` false gives the draft back as it was. */
export function endSearch(editor: Editor, keep: boolean): Editor {
  const { search: current, history } = editor;
  if (current === undefined) return editor;
  const found = keep && current.entry !== undefined ? history[current.entry] : undefined;
  const ended: Editor = { ...editor, search: undefined };
  return found === undefined ? ended : { ...setDraft(ended, atEnd(found)), recall: undefined };
}

const mostEntries = 1000;

/** History with a new entry; one like the newest is not kept twice. */
export const remember = (history: readonly string[], entry: string): readonly string[] =>
  entry.trim() === '' || history[0] === entry ? history : [entry, ...history].slice(0, mostEntries);
