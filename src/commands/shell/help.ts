// The help of one command, from its table: examples first, then usage, arguments, options by group, exit statuses.
import type { JsonObject } from '../../core/base/event.js';
import { exitMeanings } from './exits.js';
import type { Command, CommandRow } from './command.js';
import type { Flag, FlagTable } from './flag.js';
import { longName } from './flag.js';
import { fold } from './fold.js';
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

/** `-n`, `--n-predict`, `--max-new-tokens`; a flag that is on by itself shows how it is turned off. */
export function spellingsIn(key: string, flag: Flag): readonly string[] {
  const off = flag.kind === 'boolean' && flag.default === true ? 'no-' : '';
  return [
    ...(flag.short === undefined ? [] : [`-${flag.short}`]),
    ...(flag.single ?? []).map((name) => `-${name}`),
    ...[longName(key, flag), ...(flag.aliases ?? [])].map((name) => `--${off}${name}`),
  ];
}

/** `-n, --n-predict, --max-new-tokens N` */
function flagSyntax(key: string, flag: Flag): string {
  const names = spellingsIn(key, flag);
  if (flag.kind === 'boolean' || flag.kind === 'count') return names.join(', ');
  const value =
    flag.value ??
    (flag.kind === 'integer' || flag.kind === 'integers' ? 'N' : flag.kind === 'number' ? 'F' : flag.kind === 'bytes' ? 'SIZE' : 'TEXT');
  return `${names.join(', ')} ${flag.bare === undefined ? value : `[${value}]`}`;
}

/** What programs may want to know of a command, for `--help --json`. */
export function helpFacts(name: string, row: CommandRow, command: Command): JsonObject {
  return {
    name,
    summary: row.summary,
    usage: usageOf(name, command),
    ...(command.description === undefined ? {} : { description: command.description }),
    examples: command.examples,
    arguments: Object.entries(command.arguments).map(([key, { help, choices, optional = false, variadic = false }]) => ({
      name: key,
      help,
      optional: optional || variadic,
      variadic,
      ...(choices === undefined ? {} : { choices }),
    })),
    options: [...byGroup({ ...command.flags, ...globalFlags })].flatMap(([group, flags]) => flags.map(([key, flag]) => flagFacts(key, flag, group))),
    exits: command.exits.map((status) => ({ status, meaning: exitMeanings[status] ?? '' })),
  };
}

function flagFacts(key: string, flag: Flag, group: string): JsonObject {
  return {
    name: `--${longName(key, flag)}`,
    spellings: spellingsIn(key, flag),
    kind: flag.kind,
    help: flag.help,
    group,
    ...('choices' in flag && flag.choices !== undefined ? { choices: flag.choices } : {}),
    ...('default' in flag && flag.default !== undefined ? { default: flag.default } : {}),
    ...('minimum' in flag && flag.minimum !== undefined ? { minimum: flag.minimum } : {}),
    ...('maximum' in flag && flag.maximum !== undefined ? { maximum: flag.maximum } : {}),
  };
}

function flagHelp(flag: Flag): string {
  const parts = [flag.help];
  if ('choices' in flag && flag.choices !== undefined) parts.push(`: ${flag.choices.join(', ')}`);
  if (flag.kind !== 'boolean' && 'default' in flag && flag.default !== undefined) parts.push(` (default ${String(flag.default)})`);
  return parts.join('');
}

const [narrowest, broadest, ofPipes] = [16, 110, 100];

/** The columns to fold help at. */
export const helpWidth = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number =>
  Math.min(Math.max(isTTY === true ? columns || 80 : ofPipes, narrowest), broadest);

/** `width` is one of helpWidth. Examples are not folded: they are to be copied. */
export function commandHelp(name: string, row: CommandRow, command: Command, width: number): string {
  const blocks = [
    fold(`llmx ${name} - ${row.summary}`, width),
    ['Examples:', ...command.examples.map((line) => `  ${line}`)].join('\n'),
    fold(`Usage: ${usageOf(name, command)}`, width),
  ];
  if (command.description !== undefined) blocks.push(fold(command.description, width));
  for (const { title, rows } of helpSections(command)) blocks.push([`${title}:`, ...helpLines(rows, width)].join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

const widest = 32;
/** Where the second column would have less than this, it goes below the first. */
const leastText = 24;

/** Two columns; a syntax too long for the first has a line of its own. */
function helpLines(rows: HelpSection['rows'], width: number): string[] {
  const wanted = Math.min(widest, Math.floor(width * 0.4), Math.max(...rows.map(([syntax]) => syntax.length)) + 4);
  const indent = width - wanted < leastText ? 4 : wanted;
  return rows.map(([syntax, help]) => {
    const text = fold(help, width, indent);
    return syntax.length + 2 < indent - 1 ? `  ${syntax}`.padEnd(indent) + text.slice(indent) : `${fold(syntax, width, 2)}\n${text}`;
  });
}
