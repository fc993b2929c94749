// `llmx help`: topics, and the help of commands.
import { LlmxError } from '../core/base/error.js';
import type { JsonObject } from '../core/base/event.js';
import { didYouMean } from '../core/base/nearest.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import { foldLines } from './shell/fold.js';
import { commandHelp, helpFacts, helpWidth } from './shell/help.js';
import { rootHelp } from './shell/root-help.js';
import { topics } from './topics/index.js';
import type { Topic } from './topics/topic.js';

const table: Readonly<Record<string, Topic>> = topics;

interface Report {
  readonly topic: string | null;
  readonly text: string;
  /** What a topic that is a command takes. */
  readonly command?: JsonObject;
  /** Of llmx itself: its commands and topics. */
  readonly commands?: readonly JsonObject[];
  readonly topics?: readonly JsonObject[];
}

export const command = defineCommand({
  examples: ['llmx help', 'llmx help exit-codes', 'llmx help run', 'llmx help run --json'],
  description: `Topics: ${Object.keys(topics).join(', ')}. The name of a command gives its help; --json gives its arguments and options as data.`,
  arguments: { topic: { optional: true, help: 'A topic or a command', suggest: { words: Object.keys(topics), commands: true } } },
  flags: {},
  exits: [0, 2, 130],
  async *run({ topic }, _, context) {
    return topic === undefined ? rootReport(context) : await topicReport(topic, context);
  },
  human: ({ text }) => text,
});

const rootReport = ({ commands, terminal: { stdout } }: Context): Report => ({
  topic: null,
  text: rootHelp(commands, stdout.tty ? stdout.columns : undefined),
  commands: Object.entries(commands).map(([name, { group, summary }]) => ({ name, group, summary })),
  topics: Object.entries(table).map(([name, { summary }]) => ({ name, summary })),
});

async function topicReport(name: string, context: Context): Promise<Report> {
  const { commands } = context;
  const { columns, tty } = context.terminal.stdout;
  const width = helpWidth({ isTTY: tty, columns });
  if (Object.hasOwn(table, name)) return { topic: name, text: foldLines(await table[name]!.text(context), width) };
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (row === undefined) {
    const names = [...Object.keys(table), ...Object.keys(commands)];
    throw new LlmxError('usage', `no help on ${name}`, didYouMean(name, names, 'llmx help ') || `Topics: ${Object.keys(table).join(', ')}`);
  }
  const { command: found } = await row.load();
  return { topic: name, text: commandHelp(name, row, found, width), command: helpFacts(name, row, found) };
}
