// The reference of all commands, and of what may be typed inside chat, as Markdown pages from the same tables as the help.
import { loadAll } from './all-flags.js';
import type { LoadedCommand } from './all-flags.js';
import type { CommandTable } from './command.js';
import { exitMeanings } from './exits.js';
import type { HelpSection } from './help.js';
import { helpSections, usageOf } from './help.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const isGlobal = ({ title }: HelpSection): boolean => title === 'Global options';
const sectionTable = ({ title, rows }: HelpSection): string =>
  table(
    [title, ''],
    rows.map(([syntax, help]) => [`\`${syntax.replaceAll('|', '\\|')}\``, cell(help)]),
  );

export async function commandsPage(commands: CommandTable): Promise<string> {
  const loaded = await loadAll(commands);
  const globals = loaded.flatMap(({ command }) => helpSections(command)).find(isGlobal);
  return [
    '# Commands',
    'Made from the command tables by `npm run docs`; do not edit.',
    loaded.map(({ name, row }) => `- [\`llmx ${name}\`](#llmx-${name}): ${row.summary}`).join('\n'),
    ...loaded.map(commandText),
    '## Options of every command',
    ...(globals === undefined ? [] : [sectionTable(globals)]),
    '## Exit statuses',
    table(
      ['status', 'meaning'],
      Object.entries(exitMeanings).map(([status, meaning]) => [status, cell(meaning)]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

function commandText({ name, row, command }: LoadedCommand): string {
  const sections = helpSections(command).filter((section) => !isGlobal(section) && section.title !== 'Exit statuses');
  return [
    `## llmx ${name}`,
    `${row.summary}.`,
    ['```', ...command.examples, '```'].join('\n'),
    `Usage: \`${usageOf(name, command)}\``,
    ...(command.description === undefined ? [] : [command.description.replaceAll('<', '&lt;')]),
    ...sections.map(sectionTable),
    `Exit statuses: ${command.exits.join(', ')}.`,
  ].join('\n\n');
}

interface ChatManual {
  readonly commands: readonly (readonly [syntax: string, help: string, details: readonly string[]])[];
  readonly keys: readonly (readonly [syntax: string, help: string])[];
  readonly advice: string;
}

const code = (text: string): string => (text.includes('`') ? cell(text) : `\`${text.replaceAll('|', '\\|')}\``);

export const chatPage = ({ commands, keys, advice }: ChatManual): string =>
  [
    '# Inside llmx chat',
    'Made from the tables of commands and keys by `npm run docs`; do not edit. `/help` shows the same; with `--plain` it lists those that need no screen.',
    '## Commands',
    table(
      ['command', ''],
      commands.map(([syntax, help, details]) => [code(syntax), cell([help, ...details].map((each) => each.replace(/[^.]$/, '$&.')).join(' '))]),
    ),
    advice,
    '## Keys',
    table(
      ['key', ''],
      keys.map(([syntax, help]) => [cell(syntax), cell(help)]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
