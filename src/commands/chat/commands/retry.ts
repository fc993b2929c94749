// /retry: another reply to the last message.
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const retry: SlashCommand = {
  summary: 'Take back the last reply and write another',
  async run(_argument, desk) {
    await desk.answerAnew((conversation) => {
      const isAsked = conversation.retract() || conversation.messages.at(-1)?.role === 'user';
      if (!isAsked) throw wrongUse('there is no reply to write again', 'Send a message first');
    });
  },
};
