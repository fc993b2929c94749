// /sessions: what is saved, newest first.
import { columns } from '../../shell/columns.js';
import { plural } from '../../shell/quantity.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

const shown = 20;

export const sessions: SlashCommand = {
  summary: 'List the saved conversations',
  anytime: true,
  async run(_argument, desk) {
    if (desk.options.sessions === undefined) throw wrongUse('sessions are not kept (--no-save)', '');
    const all = await desk.options.sessions.list();
    if (all.length === 0) return desk.transcript.tell('nothing is saved yet');
    const rows = all
      .slice(0, shown)
      .map(({ id, name, title, messages, updated }): readonly [string, string] => [
        name ?? id,
        `${updated.slice(0, 16).replace('T', ' ')}  ${plural(messages, 'message')}  ${title.replaceAll(/\s+/g, ' ').slice(0, 60)}`,
      ]);
    const more = all.length > shown ? `\n${all.length - shown} more` : '';
    desk.transcript.tell(`${columns(rows, desk.store.get().columns)}${more}`);
  },
};
