// /paste: the clipboard's text into the draft, folded when it is long.
import { readClipboard } from '../clipboard.js';
import { intoDraft, mostDraftBytes } from '../draft.js';
import type { SlashCommand } from './command.js';

export const pasting: SlashCommand = {
  summary: 'Put the text of the clipboard into the draft',
  details: ["Reads the clipboard of the machine that llmx runs on. Over a connection, the terminal's own paste key takes yours."],
  anytime: true,
  async run(_argument, desk) {
    intoDraft(desk, await readClipboard(desk.context.environment, mostDraftBytes), 'the clipboard');
  },
};
