// /undo: takes back the last message and its reply.
import { textOf } from '../messages.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const undo: SlashCommand = {
  summary: 'Take back your last message and its reply; it comes back into the editor',
  run(_argument, desk) {
    const message = desk.conversation().undo();
    if (message === undefined) throw wrongUse('there is no message to take back', '');
    desk.refresh();
    desk.setDraft(textOf(message));
    desk.transcript.tell('taken back');
  },
};
