// `llmx help`: topics, and the help of commands.
import { LlmxError } from '../core/base/error.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import { commandHelp } from './shell/help.js';
import { didYouMean } from '../core/base/nearest.js';
import { rootHelp } from './shell/root-help.js';
import { topics } from './topics/index.js';
import type { Topic } from './topics/topic.js';

const table: Readonly<Record<string, Topic>> = topics;

export const command = defineCommand({
  examples: ['llmx help', 'llmx help exit-codes', 'llmx help run'],
  description: `Topics: ${Object.keys(topics).join(', ')}. The name of a command gives its help.`,
  arguments: { topic: { optional: true, help: 'A topic or a command', suggest: { words: Object.keys(topics), commands: true } } },
  flags: {},
  exits: [0, 2, 130],
  async *run({ topic }, _, context) {
    return { topic: topic ?? null, text: await helpText(topic, context) };
  },
  human: ({ text }) => text,
});

async function helpText(name: string | undefined, context: Context): Promise<string> {
  const { commands } = context;
  if (name === undefined) return rootHelp(commands);
  if (Object.hasOwn(table, name)) return table[name]!.text(context);
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (row === undefined) {
    const names = [...Object.keys(table), ...Object.keys(commands)];
    throw new LlmxError('usage', `no help on ${name}`, didYouMean(name, names, 'llmx help ') || `Topics: ${Object.keys(table).join(', ')}`);
  }
  const { columns, tty } = context.terminal.stdout;
  return commandHelp(name, row, (await row.load()).command, tty ? columns : 100);
}
