// /new: an empty conversation in a session of its own.
import { isBegun, startOver } from '../messages.js';
import type { SlashCommand } from './command.js';

export const fresh: SlashCommand = {
  summary: 'Begin a new conversation; the one before stays saved',
  async run(_argument, desk) {
    const conversation = desk.conversation();
    const saved = isBegun(conversation) ? await desk.save() : undefined;
    desk.beginSession();
    startOver(conversation);
    desk.refresh();
    desk.transcript.tell(saved === undefined ? 'a new conversation' : `a new conversation; /load ${saved} goes back`);
  },
};
