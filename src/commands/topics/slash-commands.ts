// What may be typed inside `llmx chat`.
import { columns } from '../shell/columns.js';
import type { Topic } from './topic.js';

const usualColumns = 100;

export const slashCommandsTopic: Topic = {
  summary: 'Commands and keys inside llmx chat',
  text: async ({ terminal }) => {
    const [{ slashCommands }, { commandRows, keyRows, slashAdvice }] = await Promise.all([
      import('../chat/commands/index.js'),
      import('../chat/manual.js'),
    ]);
    const width = terminal.stdout.columns ?? usualColumns;
    return `${[columns(commandRows(slashCommands), width), columns(keyRows(), width), slashAdvice].join('\n\n')}\n`;
  },
};
