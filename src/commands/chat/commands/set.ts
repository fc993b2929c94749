// /set: the settings of the next replies; alone it lists them.
import { columns } from '../../shell/columns.js';
import { findSetting, settings, templateName } from '../settings.js';
import type { SlashCommand } from './command.js';

export const set: SlashCommand = {
  summary: 'Change a setting of the next replies, or list them',
  usage: '[name [value]]',
  details: [
    'Names are those of the options: /set temp 0.6, /set top-k 20, /set stop "###".',
    `/set ${templateName('NAME')} VALUE passes a variable to the chat template.`,
  ],
  complete: (words) => (words.length === 0 ? [...settings.keys()] : words.length === 1 ? (settings.get(words[0]!)?.words ?? []) : []),
  run(argument, desk) {
    const conversation = desk.conversation();
    const [, name = '', value = ''] = /^(\S*)\s*([^]*)$/.exec(argument) ?? [];
    if (name === '') {
      const rows = [...settings].map(([key, setting]): readonly [string, string] => [key, setting.show(conversation.settings)]);
      const variables = Object.entries(conversation.settings.variables).map(([key, given]): readonly [string, string] => [
        templateName(key),
        JSON.stringify(given),
      ]);
      desk.transcript.tell(columns([...rows, ...variables], desk.store.get().columns));
      return;
    }
    const [key, setting] = findSetting(name);
    if (value !== '') conversation.configure(setting.read(value, conversation.settings));
    desk.transcript.tell(`${key} ${setting.show(conversation.settings)}`);
  },
};
