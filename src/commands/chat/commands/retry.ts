// /retry: another reply to the last message.
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const retry: SlashCommand = {
  summary: 'Take back the last reply and write another',
  async run(_argument, desk) {
    const conversation = desk.conversation();
    const { transcript } = conversation;
    await desk.answerAnew(() => {
      const isAsked = conversation.retract() || conversation.messages.at(-1)?.role === 'user';
      if (!isAsked) throw wrongUse('there is no reply to write again', 'Send a message first');
    });
    const { last } = desk.tally;
    if (transcript === undefined || last?.finish_reason !== 'interrupted' || last.completion_tokens > 0) return;
    // Stopped before its first word: the reply of before is worth more than none.
    conversation.restore?.(transcript);
    await desk.save();
    desk.refresh();
    desk.transcript.tell('nothing was written: the reply of before stays');
  },
};
