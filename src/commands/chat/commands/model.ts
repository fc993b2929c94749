// /model: goes on with another model, or says which one it is.
import type { SlashCommand } from './command.js';

export const model: SlashCommand = {
  summary: 'Go on with another model; the messages stay',
  usage: '[REF]',
  async run(argument, desk) {
    const conversation = desk.conversation();
    if (argument === '') {
      desk.transcript.tell(`${conversation.model.reference} (${conversation.model.path})`);
      return;
    }
    const { messages, settings, transcript } = conversation;
    const opened = await desk.open(`loading ${argument}`, (signal) => desk.options.open(signal, { reference: argument, messages }));
    if (!opened) return;
    desk.conversation().configure(settings);
    if (transcript !== undefined) desk.conversation().restore?.(transcript);
    desk.refresh();
    desk.transcript.tell(`going on with ${desk.conversation().model.reference}`);
  },
};
