// /save: the session under a name.
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const save: SlashCommand = {
  summary: 'Save the conversation, under a name',
  usage: '[name]',
  async run(argument, desk) {
    const { messages } = desk.conversation();
    if (desk.options.sessions === undefined) throw wrongUse('sessions are not kept (--no-save)', '/export writes the conversation to a file');
    if (messages.length === 0) throw wrongUse('there is nothing to save yet', '');
    const id = await desk.save(argument === '' ? undefined : argument);
    if (id !== undefined) desk.transcript.tell(`saved; /load ${id}, or llmx chat --resume ${id}, goes on with it`);
  },
};
