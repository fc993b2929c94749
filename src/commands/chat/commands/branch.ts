// /branch: a copy of the conversation to go on in, or back to another.
import type { SlashCommand } from './command.js';

export const branch: SlashCommand = {
  summary: 'Go on in a copy of the conversation, or in a branch that there is',
  usage: '[name]',
  complete: (words, _begun, desk) => (words.length === 0 ? desk.conversation().branches : []),
  run(argument, desk) {
    const conversation = desk.conversation();
    const isThere = conversation.branches.includes(argument);
    if (isThere) conversation.switchTo(argument);
    else if (argument === '') conversation.fork();
    else conversation.fork(argument);
    desk.refresh();
    const all = conversation.branches.map((name) => (name === conversation.branch ? `[${name}]` : name)).join(' ');
    desk.transcript.tell(`branches: ${all}`);
    if (isThere) desk.showPast();
  },
};
