// /help: the table of commands and of keys, or all about one command.
import { didYouMean } from '../../../core/base/nearest.js';
import { manualText, spelledCommand } from '../manual.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const help: SlashCommand = {
  summary: 'Commands and keys; /help NAME tells more of one',
  usage: '[command]',
  anytime: true,
  complete: (_words, _begun, { commands }) => Object.keys(commands),
  run(argument, { commands, transcript, store }) {
    if (argument !== '') {
      const name = argument.replace(/^\//, '');
      const found = Object.entries(commands).find(([key, { aliases = [] }]) => key === name || aliases.includes(name));
      if (found === undefined)
        throw wrongUse(`there is no command /${name}`, didYouMean(name, Object.keys(commands), '/') || '/help lists all commands');
      transcript.tell([`${spelledCommand(...found)}: ${found[1].summary}`, ...(found[1].details ?? [])].join('\n'));
      return;
    }
    transcript.tell(manualText(commands, store.get().columns));
  },
};
