// /export: the conversation as a file of Markdown or JSON.
import { existsSync } from 'node:fs';
import type { ChatMessage } from '../../../core/text/chat-template.js';
import type { ChatModel } from '../../../core/jobs/chat/conversation.js';
import { writeWhole } from '../../shell/write-file.js';
import { pathFrom, pathsFrom } from '../paths.js';
import { textOf } from '../messages.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

const forms: Readonly<Record<string, (messages: readonly ChatMessage[], model: ChatModel) => string>> = {
  md: (messages) => messages.map((message) => `## ${message.role}\n\n${textOf(message).trim()}\n`).join('\n'),
  json: (messages, { reference }) => `${JSON.stringify({ schema: 'llmx.chat-export/1', model: reference, messages }, null, 2)}\n`,
};

export const exporting: SlashCommand = {
  summary: 'Write the conversation to a file',
  usage: 'md|json FILE',
  complete: (words, begun, desk) => (words.length === 0 ? Object.keys(forms) : pathsFrom(desk.context, begun)),
  run(argument, desk) {
    const [, form = '', file = ''] = /^(\S+)\s+([^]+)$/.exec(argument) ?? [];
    if (!Object.hasOwn(forms, form) || file === '') throw wrongUse('/export takes md or json, and a file', '/export md talk.md');
    const { messages, model } = desk.conversation();
    const path = pathFrom(desk.context, file);
    if (existsSync(path)) throw wrongUse(`${path} is there already`, 'Choose another name');
    writeWhole(path, forms[form]!(messages, model), 'Choose another file', 0o600);
    desk.transcript.tell(`wrote ${path}`);
  },
};
