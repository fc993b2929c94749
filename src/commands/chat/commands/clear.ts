// /clear: forgets the messages.
import type { SlashCommand } from './command.js';

export const clear: SlashCommand = {
  summary: 'Forget the messages of this conversation',
  run(_argument, desk) {
    desk.conversation().clear();
    desk.refresh();
    desk.transcript.tell('the conversation is empty');
  },
};
