// /continue: the last reply from where it ended.
import { ofRole } from '../messages.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const going: SlashCommand = {
  summary: 'Go on with the last reply where it was cut or stopped',
  async run(_argument, desk) {
    if (ofRole(desk.conversation().messages, 'assistant').length === 0) throw wrongUse('there is no reply to go on with', '');
    await desk.proceed();
  },
};
