// The help of one command, from its table: examples first, then usage, arguments, options by group, exit statuses.
import { exitMeanings } from './exits.js';
import type { Command, CommandRow } from './command.js';
import type { Flag, FlagTable } from './flag.js';
import { longName } from './flag.js';
import { globalFlags } from './flags/global.js';
import { argumentSyntax } from './syntax.js';

export interface HelpSection {
  readonly title: string;
  readonly rows: readonly (readonly [syntax: string, help: string])[];
}

export const usageOf = (name: string, command: Command): string =>
  ['llmx', name, ...Object.entries(command.arguments).map(([key, row]) => argumentSyntax(key, row)), '[options]'].join(' ');

export function helpSections(command: Command): HelpSection[] {
  const sections: HelpSection[] = [];
  const argumentRows = Object.entries(command.arguments).map(
    ([key, row]) => [argumentSyntax(key, row), row.choices === undefined ? row.help : `${row.help}: ${row.choices.join(', ')}`] as const,
  );
  if (argumentRows.length > 0) sections.push({ title: 'Arguments', rows: argumentRows });
  for (const [title, flags] of byGroup({ ...command.flags, ...globalFlags }))
    sections.push({ title, rows: flags.map(([key, flag]) => [flagSyntax(key, flag), flagHelp(flag)]) });
  sections.push({ title: 'Exit statuses', rows: command.exits.map((status) => [String(status), exitMeanings[status] ?? ''] as const) });
  return sections;
}

function byGroup(flags: FlagTable): Map<string, [string, Flag][]> {
  const groups = new Map<string, [string, Flag][]>();
  for (const [key, flag] of Object.entries(flags)) {
    if (flag.hidden === true) continue;
    const title = flag.group ?? 'Options';
    groups.set(title, [...(groups.get(title) ?? []), [key, flag]]);
  }
  return groups;
}

/** `-n, --n-predict, --max-new-tokens N` */
export function flagSyntax(key: string, flag: Flag): string {
  const off = flag.kind === 'boolean' && flag.default === true ? 'no-' : '';
  const names = [
    ...(flag.short === undefined ? [] : [`-${flag.short}`]),
    ...(flag.single ?? []).map((name) => `-${name}`),
    ...[longName(key, flag), ...(flag.aliases ?? [])].map((name) => `--${off}${name}`),
  ];
  if (flag.kind === 'boolean' || flag.kind === 'count') return names.join(', ');
  const value =
    flag.value ??
    (flag.kind === 'integer' || flag.kind === 'integers' ? 'N' : flag.kind === 'number' ? 'F' : flag.kind === 'bytes' ? 'SIZE' : 'TEXT');
  return `${names.join(', ')} ${flag.bare === undefined ? value : `[${value}]`}`;
}

export function flagHelp(flag: Flag): string {
  const parts = [flag.help];
  if ('choices' in flag && flag.choices !== undefined) parts.push(`: ${flag.choices.join(', ')}`);
  if (flag.kind !== 'boolean' && 'default' in flag && flag.default !== undefined) parts.push(` (default ${String(flag.default)})`);
  return parts.join('');
}

/** `columns`: the width to fold at. */
export function commandHelp(name: string, row: CommandRow, command: Command, columns: number): string {
  const width = Math.min(Math.max(columns, 40), 110);
  const blocks = [
    `llmx ${name} - ${row.summary}`,
    ['Examples:', ...command.examples.map((line) => `  ${line}`)].join('\n'),
    `Usage: ${usageOf(name, command)}`,
  ];
  if (command.description !== undefined) blocks.push(fold(command.description, width, 0));
  for (const { title, rows } of helpSections(command)) blocks.push([`${title}:`, ...helpLines(rows, width)].join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

const widest = 32;

/** Two columns; a syntax too long for the first has a line of its own. */
function helpLines(rows: HelpSection['rows'], width: number): string[] {
  const indent = Math.min(widest, Math.floor(width * 0.4), Math.max(...rows.map(([syntax]) => syntax.length)) + 4);
  return rows.map(([syntax, help]) => {
    const text = fold(help, width, indent);
    return syntax.length + 2 < indent - 1 ? `  ${syntax}`.padEnd(indent) + text.slice(indent) : `  ${syntax}\n${text}`;
  });
}

/** Folds at spaces; every line starts with `indent` spaces. */
export function fold(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n');
}
