// /edit: an earlier message again, to be changed and answered anew.
import { ofRole, textOf } from '../messages.js';
import type { SlashCommand } from './command.js';
import { readPlace, wrongUse } from './command.js';

export const edit: SlashCommand = {
  summary: 'Change your nth message, or the last, and answer from there',
  usage: '[n]',
  run(argument, desk) {
    const said = ofRole(desk.conversation().messages, 'user');
    if (said.length === 0) throw wrongUse('there is no message to change', '');
    const place = readPlace(argument, said.length, 'message') ?? said.length;
    desk.setDraft(textOf(said[place - 1]!));
    desk.store.change({ editing: place, notice: `changes message ${place}; Enter sends it, Esc leaves it` });
  },
};
