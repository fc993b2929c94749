// /system: what the model is told before everything else.
import { systemOf } from '../messages.js';
import type { SlashCommand } from './command.js';

export const system: SlashCommand = {
  summary: 'Show or set the system message; "off" takes it away',
  usage: '[text]',
  run(argument, desk) {
    const conversation = desk.conversation();
    if (argument !== '') conversation.setSystem(argument === 'off' ? undefined : argument);
    desk.refresh();
    const text = systemOf(conversation.messages);
    desk.transcript.tell(text === undefined ? 'no system message' : `system: ${text}`);
  },
};
