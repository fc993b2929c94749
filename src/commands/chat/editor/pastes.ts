// Long pastes stand in the draft as one character each, shown as `[pasted 42 lines]` and sent whole.
import type { Editor } from './state.js';
import { replace } from './state.js';

/** Plane 16's private characters: the first stands for the first paste. Nobody types them; where they are pasted they are taken out. */
const first = 0x100000;
const most = 0xffff;
const standIns = /[\u{100000}-\u{10fffd}]/gu;

const foldedLines = 10;
const foldedCharacters = 2000;

const linesOf = (text: string): number => text.replace(/\n$/, '').split('\n').length;
const isLong = (text: string): boolean => linesOf(text) > foldedLines || text.length > foldedCharacters;

export const withoutStandIns = (text: string): string => text.replace(standIns, '');

/** Puts a paste in at the cursor, folded when it is long. */
export function paste(editor: Editor, raw: string): Editor {
  const text = withoutStandIns(raw);
  if (!isLong(text) || editor.pastes.length >= most) return replace(editor, 'other', editor.cursor, editor.cursor, text);
  const standIn = String.fromCodePoint(first + editor.pastes.length);
  return { ...replace(editor, 'other', editor.cursor, editor.cursor, standIn), pastes: [...editor.pastes, text] };
}

const contentOf = (standIn: string, pastes: readonly string[]): string => pastes[standIn.codePointAt(0)! - first] ?? '';

export const isStandIn = (grapheme: string): boolean => (grapheme.codePointAt(0) ?? 0) >= first;

/** `[pasted 42 lines]`. */
export function label(standIn: string, pastes: readonly string[]): string {
  const text = contentOf(standIn, pastes);
  const lines = linesOf(text);
  return lines > 1 ? `[pasted ${lines} lines]` : `[pasted ${text.length} characters]`;
}

/** The draft as it is sent. */
export const unfolded = (text: string, pastes: readonly string[]): string => text.replace(standIns, (standIn) => contentOf(standIn, pastes));

/** Every folded paste written out in the draft. */
export function unfold(editor: Editor): Editor {
  const text = unfolded(editor.text, editor.pastes);
  if (text === editor.text) return editor;
  const cursor = unfolded(editor.text.slice(0, editor.cursor), editor.pastes).length;
  return replace({ ...editor, cursor }, 'other', 0, editor.text.length, text);
}
