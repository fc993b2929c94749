// What may be typed inside `llmx chat`.
import type { Topic } from './topic.js';

const usualColumns = 100;

export const slashCommandsTopic: Topic = {
  summary: 'Commands and keys inside llmx chat',
  text: async ({ terminal }) => {
    const [{ slashCommands }, { manualText }] = await Promise.all([import('../chat/commands/index.js'), import('../chat/manual.js')]);
    return `${manualText(slashCommands, terminal.stdout.columns ?? usualColumns)}\n`;
  },
};
