// Keys that do more than change the draft. `/help` prints this table.
import { toggleRaw } from './commands/raw.js';
import type { Desk } from './desk.js';
import { editOutside } from './external-editor.js';
import { unfold } from './editor/pastes.js';
import { emptyEditor } from './editor/state.js';
import { ctrlC } from './interruption.js';
import { isBusy } from './state.js';

export interface Shortcut {
  /** As help names it. */
  readonly label: string;
  readonly help: string;
  /** False where the key is the editor's after all. */
  run(desk: Desk): boolean | Promise<boolean>;
}

/** Unfolds the pastes of the draft; where there are none, the thoughts. */
function unfoldSomething(desk: Desk): boolean {
  const { editor, thought, thoughts } = desk.store.get();
  const unfolded = unfold(editor);
  if (unfolded !== editor) desk.store.change({ editor: unfolded });
  else if (thought !== undefined) desk.store.change({ thoughts: thoughts === 'fold' ? 'show' : 'fold' });
  else if (desk.lastThought !== '') desk.transcript.tell(desk.lastThought.trim(), 'thought');
  else desk.store.change({ notice: 'nothing is folded' });
  return true;
}

function escape({ store, stop }: Desk): boolean {
  const { editing, editor } = store.get();
  if (isBusy(store.get())) stop();
  else if (editing !== undefined) store.change({ editing: undefined, editor: { ...emptyEditor(editor.history), killed: editor.killed } });
  return true;
}

/** Makes the handler of Ctrl-C, which knows when it was pressed last. */
function interrupter(): (desk: Desk) => boolean {
  let last: number | undefined;
  let stopping = false;
  return ({ store, stop, leave }) => {
    const { editor } = store.get();
    const busy = isBusy(store.get());
    const { action, at } = ctrlC(performance.now(), last, { busy, stopping: busy && stopping, draft: editor.text !== '' });
    last = at;
    stopping = action === 'stop';
    if (action === 'stop') stop();
    else if (action === 'clear') store.change({ editor: { ...emptyEditor(editor.history), killed: editor.killed }, editing: undefined });
    else if (action === 'warn') store.change({ notice: 'Ctrl-C again leaves' });
    else leave(130);
    return true;
  };
}

export const createShortcuts = (): Readonly<Record<string, Shortcut>> => ({
  escape: { label: 'Esc', help: 'stop the reply', run: escape },
  'ctrl+c': { label: 'Ctrl-C', help: 'stop the reply, or clear the draft; twice within 2 seconds: leave', run: interrupter() },
  'ctrl+d': {
    label: 'Ctrl-D',
    help: 'leave, where the draft is empty',
    run({ store, leave }) {
      if (store.get().editor.text !== '') return false;
      leave(0);
      return true;
    },
  },
  'ctrl+g': { label: 'Ctrl+G', help: 'write the draft in $EDITOR', run: editOutside },
  'ctrl+o': { label: 'Ctrl+O', help: 'unfold what is folded: pasted text, thoughts', run: unfoldSomething },
  'ctrl+l': {
    label: 'Ctrl+L',
    help: 'draw the screen again',
    async run({ terminal }) {
      await terminal.handOver(async () => {});
      return true;
    },
  },
  'alt+m': {
    label: 'Alt+M',
    help: 'replies as they are written, or as Markdown',
    run(desk) {
      toggleRaw(desk);
      return true;
    },
  },
  'ctrl+z': {
    label: 'Ctrl+Z',
    help: 'back to the shell for a while',
    run({ terminal }) {
      terminal.suspend();
      return true;
    },
  },
});
