// /exit: leaves.
import type { SlashCommand } from './command.js';

export const exit: SlashCommand = {
  summary: 'Leave',
  aliases: ['quit', 'bye'],
  anytime: true,
  run: (_argument, desk) => desk.leave(0),
};
