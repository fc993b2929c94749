// A key at the editor: what it does to the draft, or undefined where it is no business of the editor's.
import type { Key } from '../keys.js';
import { before } from '../text/graphemes.js';
import { typedText } from '../text/safe.js';
import { actions } from './actions.js';
import { bindings } from './bindings.js';
import { paste, withoutStandIns } from './pastes.js';
import { endSearch, search, searchFor } from './recall.js';
import type { Editor } from './state.js';
import { replace } from './state.js';

/** Keys of Ctrl+R's search. Any other key takes what was found and acts on it. */
const searchKeys: Readonly<Record<string, (editor: Editor) => Editor>> = {
  'ctrl+r': search,
  backspace: (editor) => searchFor(editor, queryOf(editor).slice(0, before(queryOf(editor), queryOf(editor).length))),
  enter: (editor) => endSearch(editor, true),
  tab: (editor) => endSearch(editor, true),
  escape: (editor) => endSearch(editor, true),
  'ctrl+g': (editor) => endSearch(editor, false),
  'ctrl+c': (editor) => endSearch(editor, false),
};

const queryOf = ({ search: current }: Editor): string => current?.query ?? '';

export function press(editor: Editor, key: Key, columns: number): Editor | undefined {
  if (key.kind === 'answer') return undefined;
  if (editor.search !== undefined) {
    if (key.kind !== 'key') return searchFor(editor, queryOf(editor) + typedText(key.text).replaceAll('\n', ' '));
    const handler = searchKeys[key.name];
    return handler === undefined ? (press(endSearch(editor, true), key, columns) ?? endSearch(editor, true)) : handler(editor);
  }
  if (key.kind === 'paste') return paste(editor, typedText(key.text));
  if (key.kind === 'text') return type(editor, withoutStandIns(typedText(key.text)));
  if (key.name === 'ctrl+r') return search(editor);
  const name = bindings[key.name];
  return name === undefined ? undefined : actions[name](editor, columns);
}

const type = (editor: Editor, text: string): Editor => {
  const typed = replace(editor, 'type', editor.cursor, editor.cursor, text);
  return { ...typed, recall: undefined };
};
