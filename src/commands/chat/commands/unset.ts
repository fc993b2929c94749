// /unset: a setting as it was when the chat began.
import { findSetting, settings } from '../settings.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const unset: SlashCommand = {
  summary: 'Give a setting back the value it had at the beginning',
  usage: 'name',
  complete: (words) => (words.length === 0 ? [...settings.keys()] : []),
  run(argument, desk) {
    if (argument === '') throw wrongUse('/unset takes the name of a setting', '/set lists them');
    const conversation = desk.conversation();
    const [key, setting] = findSetting(argument);
    conversation.configure(setting.reset(conversation.settings, desk.initialSettings()));
    desk.transcript.tell(`${key} ${setting.show(conversation.settings)}`);
  },
};
