// Where a key goes: to an open question, to a shortcut, to the editor.
import { complete } from './completion.js';
import type { Desk } from './desk.js';
import { press } from './editor/press.js';
import type { Key } from './keys.js';
import type { Choice } from './state.js';
import type { Sender } from './sending.js';
import { createShortcuts } from './shortcuts.js';
import { pressChoice } from './views/choice.js';
import { draftColumns } from './views/editor.js';

/** `answered` gets the key of the option that was chosen. */
export function createKeyboard(desk: Desk, sender: Sender, answered: (answer: string) => void): (key: Key) => void {
  const { store, transcript } = desk;
  const shortcuts = createShortcuts();

  const tab = async (): Promise<void> => {
    const { editor } = store.get();
    const completion = await complete(editor, desk);
    // What was typed meanwhile counts more.
    if (completion !== undefined && store.get().editor === editor) store.change(completion);
  };

  const toEditor = (key: Key): void => {
    const { editor, columns } = store.get();
    const pressed = press(editor, key, draftColumns(columns));
    if (pressed !== undefined) store.change({ editor: pressed });
  };

  /** Keys that are not text and not an open question's. True where the key was taken. */
  const toShortcut = (name: string, key: Key): boolean => {
    if (name === 'enter') sender.enter();
    else if (name === 'tab') tab().catch((error: unknown) => transcript.fail(error));
    else {
      const taken = shortcuts[name]?.run(desk);
      if (taken === undefined || taken === false) return false;
      if (taken instanceof Promise)
        taken.then(
          (isTaken) => isTaken || toEditor(key),
          (error: unknown) => transcript.fail(error),
        );
    }
    return true;
  };

  /** What is typed while a question is open is no answer to it. */
  const beside = (choice: Choice, key: Key): void => {
    if (key.kind !== 'text' && key.kind !== 'paste')
      return store.change({ notice: choice.typed === true ? 'Answer first: arrows and Enter, or Esc' : '' });
    toEditor(key);
    store.change({ choice: { ...choice, typed: true } });
  };

  return (key) => {
    const { choice, editor, menu, notice } = store.get();
    if (choice !== undefined) {
      const next = pressChoice(choice, key);
      if (next === undefined) return beside(choice, key);
      if ('answer' in next) answered(next.answer);
      else store.change({ choice: next });
      return;
    }
    const patch = { ...(menu.length > 0 ? { menu: [] } : {}), ...(notice !== '' ? { notice: '' } : {}) };
    store.change(patch);
    if (key.kind !== 'key' || editor.search !== undefined || !toShortcut(key.name, key)) toEditor(key);
  };
}
