// /paste: the clipboard's text into the draft, folded when it is long.
import { readClipboard } from '../clipboard.js';
import { paste } from '../editor/pastes.js';
import { typedText } from '../text/safe.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

const mostBytes = 2_000_000;

export const pasting: SlashCommand = {
  summary: 'Put the text of the clipboard into the draft',
  details: ["Reads the clipboard of the machine that llmx runs on. Over a connection, the terminal's own paste key takes yours."],
  anytime: true,
  async run(_argument, desk) {
    const text = typedText(await readClipboard(desk.context.environment, mostBytes));
    if (text.trim() === '') throw wrongUse('the clipboard is empty', '');
    desk.store.change({ editor: paste(desk.store.get().editor, text), notice: 'the clipboard is in the draft' });
  },
};
