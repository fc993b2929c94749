// /show: what is known of the model and the conversation.
import { columns } from '../../shell/columns.js';
import { bytesText } from '../../shell/quantity.js';
import type { Desk } from '../desk.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';
import { didYouMean } from '../../../core/base/nearest.js';
import { set } from './set.js';
import { systemOf } from '../messages.js';

function info(desk: Desk): void {
  const { model, context, branch, branches, messages } = desk.conversation();
  const rows: readonly (readonly [string, string])[] = [
    ['model', model.reference],
    ['file', model.path],
    ['architecture', model.architecture],
    ['format', `${model.format}, ${model.quantization}, ${bytesText(model.bytes)}`],
    ['device', model.device],
    ['template', model.template],
    ['context', `${context.used} of ${context.size} tokens`],
    ['messages', String(messages.length)],
    ['branch', branches.length > 1 ? `${branch} (of ${branches.join(', ')})` : branch],
  ];
  desk.transcript.tell(columns(rows, desk.store.get().columns));
}

const parts: Readonly<Record<string, (desk: Desk) => void | Promise<void>>> = {
  info,
  params: (desk) => set.run('', desk),
  template: (desk) => desk.transcript.tell(desk.conversation().rendered()),
  system: (desk) => desk.transcript.tell(systemOf(desk.conversation().messages) ?? 'no system message'),
  tokens: (desk) => {
    const conversation = desk.conversation();
    const { used, size } = conversation.context;
    desk.transcript.tell(`${conversation.countTokens(conversation.rendered())} tokens in the conversation; ${used} of ${size} held`);
  },
};

export const show: SlashCommand = {
  summary: 'The model, its settings, or the conversation as it sees it',
  usage: `[${Object.keys(parts).join('|')}]`,
  complete: (words) => (words.length === 0 ? Object.keys(parts) : []),
  run(argument, desk) {
    const part = parts[argument === '' ? 'info' : argument];
    if (part === undefined || !Object.hasOwn(parts, argument || 'info'))
      throw wrongUse(`/show knows ${Object.keys(parts).join(', ')}, not ${argument}`, didYouMean(argument, Object.keys(parts)));
    return part(desk);
  },
};
