// /help: the table of commands and of keys, or all about one command.
import { didYouMean } from '../../../core/base/nearest.js';
import { columns } from '../../shell/columns.js';
import { createShortcuts } from '../shortcuts.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

const editorKeys: readonly (readonly [string, string])[] = [
  ['Enter', 'send'],
  ['Alt+Enter, Ctrl+J, \\', 'new line; """ opens and closes a block'],
  ['Up, Down', 'rows, then history; Ctrl+R searches it'],
  ['Ctrl+A E B F W U K Y _', 'as in Emacs; Alt with B F D Y too'],
];

const nameOf = (name: string, { usage = '', aliases = [] }: SlashCommand): string =>
  [`/${[name, ...aliases].join(', /')}`, usage].filter((part) => part !== '').join(' ');

export const help: SlashCommand = {
  summary: 'Commands and keys; /help NAME tells more of one',
  usage: '[command]',
  anytime: true,
  complete: (_words, _begun, { commands }) => Object.keys(commands),
  run(argument, { commands, transcript, store }) {
    const width = store.get().columns;
    if (argument !== '') {
      const name = argument.replace(/^\//, '');
      const found = Object.entries(commands).find(([key, { aliases = [] }]) => key === name || aliases.includes(name));
      if (found === undefined)
        throw wrongUse(`there is no command /${name}`, didYouMean(name, Object.keys(commands), '/') || '/help lists all commands');
      transcript.tell([`${nameOf(...found)}: ${found[1].summary}`, ...(found[1].details ?? [])].join('\n'));
      return;
    }
    const rows = Object.entries(commands).map(([name, command]): readonly [string, string] => [nameOf(name, command), command.summary]);
    const keys = [...editorKeys, ...Object.values(createShortcuts()).map(({ label, help: text }): readonly [string, string] => [label, text])];
    transcript.tell(`${columns(rows, width)}\n\n${columns(keys, width)}\n\nA leading space, or //, sends a slash as it is.`);
  },
};
