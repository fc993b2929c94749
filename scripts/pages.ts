// The generated pages of docs/, by file name.
import { slashCommands } from '../src/commands/chat/commands/index.js';
import type { SlashCommand } from '../src/commands/chat/commands/command.js';
import { keyRows, slashAdvice, spelledCommand } from '../src/commands/chat/manual.js';
import { commands } from '../src/commands/index.js';
import { chatPage, commandsPage } from '../src/commands/shell/markdown.js';

const chat = (): string =>
  chatPage({
    commands: Object.entries<SlashCommand>(slashCommands).map(([name, command]) => [
      spelledCommand(name, command),
      command.summary,
      command.details ?? [],
    ]),
    keys: keyRows(),
    advice: slashAdvice,
  });

export const pages: Readonly<Record<string, () => Promise<string> | string>> = {
  'commands.md': () => commandsPage(commands),
  'chat.md': chat,
};
