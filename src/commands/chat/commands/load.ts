// /load: goes on with a saved conversation.
import type { Desk } from '../desk.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';
import { sessions } from './sessions.js';

const namesOf = async ({ options }: Desk): Promise<readonly string[]> => ((await options.sessions?.list()) ?? []).map(({ id, name }) => name ?? id);

export const load: SlashCommand = {
  summary: 'Go on with a saved conversation',
  usage: '[name]',
  complete: (words, _begun, desk) => (words.length === 0 ? namesOf(desk) : []),
  async run(argument, desk) {
    const store = desk.options.sessions;
    if (store === undefined) throw wrongUse('sessions are not kept (--no-save)', '');
    if (argument === '') return sessions.run('', desk);
    const current = desk.conversation();
    if (await desk.open(`loading ${argument}`, (signal) => store.load(argument, current, signal))) desk.showPast();
  },
};
