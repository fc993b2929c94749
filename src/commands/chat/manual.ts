// Slash commands and keys: as rows for the documents, as one text for /help and llmx help.
import { columns } from '../shell/columns.js';
import type { SlashCommand } from './commands/command.js';
import { createShortcuts } from './shortcuts.js';

export type ManualRow = readonly [syntax: string, help: string];

const editorKeys: readonly ManualRow[] = [
  ['Enter', 'send'],
  ['Alt+Enter, Ctrl+J, \\', 'new line; """ opens and closes a block'],
  ['Up, Down', 'rows, then history; Ctrl+R searches it'],
  ['Ctrl+A E B F W U K Y _', 'as in Emacs; Alt with B F D Y too'],
  ['Tab', 'complete a command, a name or a path'],
];

/** A command with its other names and what may follow. */
export const spelledCommand = (name: string, { usage = '', aliases = [] }: SlashCommand): string =>
  [`/${[name, ...aliases].join(', /')}`, usage].filter((part) => part !== '').join(' ');

const commandRows = (commands: Readonly<Record<string, SlashCommand>>): readonly ManualRow[] =>
  Object.entries(commands).map(([name, command]): ManualRow => [spelledCommand(name, command), command.summary]);

export const keyRows = (): readonly ManualRow[] => [
  ...editorKeys,
  ...Object.values(createShortcuts()).map(({ label, help }): ManualRow => [label, help]),
];

export const slashAdvice = 'A leading space, or //, sends a slash as it is.';

/** All of it, for a terminal so many columns wide. */
export const manualText = (commands: Readonly<Record<string, SlashCommand>>, width: number): string =>
  [columns(commandRows(commands), width), columns(keyRows(), width), slashAdvice].join('\n\n');
