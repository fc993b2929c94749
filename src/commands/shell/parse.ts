// From an argument list to typed values, by commander. Settings fill in what the command line leaves open.
import { Command as Parser, CommanderError, Option } from 'commander';
import { LlmxError } from '../../core/base/error.js';
import type { Spellings } from './argv.js';
import { normalizeArgv, spellingsOf } from './argv.js';
import type { Command } from './command.js';
import type { ValueSource } from './context.js';
import type { Argument, Flag, FlagTable } from './flag.js';
import { longName, takesNoValue } from './flag.js';
import { didYouMean } from '../../core/base/nearest.js';
import type { Settings } from './settings.js';
import { argumentSyntax } from './syntax.js';
import { readValue } from './value.js';

export interface Parsed {
  readonly given: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, ValueSource>;
}

type Raw = Readonly<Record<string, boolean | number | readonly string[] | undefined>>;

/** `flags` is the command's table with the global flags; `settingsOf` gets the file that --config names. Throws LlmxError('usage') for what does not fit. */
export function parseCommand(
  name: string,
  command: Pick<Command, 'arguments'>,
  flags: FlagTable,
  argv: readonly string[],
  settingsOf: (config: string | undefined) => Settings,
): Parsed {
  const parser = new Parser(name)
    .exitOverride()
    .helpOption(false)
    .allowExcessArguments(false)
    .configureOutput({ writeErr() {}, writeOut() {} });
  const spellings = spellingsOf(flags);
  const argumentRows = Object.entries(command.arguments);
  for (const [key, row] of argumentRows) parser.argument(argumentSyntax(key, row), row.help);
  for (const [key, flag] of Object.entries(flags)) addOption(parser, key, flag);
  parser.action(() => {});
  const tokens = normalizeArgv(argv, spellings);
  try {
    parser.parse(tokens, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? usageError(name, error, { flags, spellings, argumentRows, given: parser.args }) : error;
  }
  const raw: Raw = parser.opts();
  const settings = settingsOf((raw.config as readonly string[] | undefined)?.at(-1));
  const values: Record<string, unknown> = {};
  const sources = new Map<string, ValueSource>();
  for (const [key, flag] of Object.entries(flags)) {
    const [value, source] = resolve(key, flag, raw[attributeOf(key, flag)], settings);
    values[key] = value;
    sources.set(key, source);
  }
  checkConflicts(flags, sources);
  const given = Object.fromEntries(argumentRows.map(([key, row], index) => [key, readArgument(key, row, parser.processedArgs[index])]));
  return { given, flags: values, sources };
}

const attributeOf = (key: string, flag: Flag): string => new Option(`--${longName(key, flag)}`).attributeName();

function addOption(parser: Parser, key: string, flag: Flag): void {
  const name = `--${longName(key, flag)}`;
  if (flag.kind === 'count') parser.addOption(new Option(name).argParser((_, before: number | undefined) => (before ?? 0) + 1));
  else if (flag.kind === 'boolean') parser.addOption(new Option(name)).addOption(new Option(`--no-${longName(key, flag)}`).default(undefined));
  else parser.addOption(new Option(`${name} <value>`).argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]));
}

/** Flags, then environment and files, then the table's default. */
function resolve(key: string, flag: Flag, raw: Raw[string], settings: Settings): readonly [unknown, ValueSource] {
  const name = longName(key, flag);
  if (raw !== undefined) return [Array.isArray(raw) ? readValue(`--${name}`, flag, raw as readonly string[]) : raw, 'flag'];
  const setting = flag.setting === true ? settings.find(name) : undefined;
  if (setting !== undefined) return [readValue(`${setting.name} (${setting.source})`, flag, setting.texts), setting.source];
  if ('default' in flag && flag.default !== undefined) return [flag.default, 'default'];
  return [flag.kind === 'boolean' ? false : flag.kind === 'count' ? 0 : flag.kind === 'list' || flag.kind === 'integers' ? [] : undefined, 'default'];
}

function checkConflicts(flags: FlagTable, sources: ReadonlyMap<string, ValueSource>): void {
  for (const [key, flag] of Object.entries(flags)) {
    if (sources.get(key) !== 'flag') continue;
    for (const other of flag.conflicts ?? []) {
      if (sources.get(other) === 'flag') {
        throw new LlmxError('usage', `--${longName(key, flag)} and --${longName(other, flags[other]!)} do not go together`);
      }
    }
  }
}

function readArgument(key: string, row: Argument, value: unknown): unknown {
  const { choices } = row;
  if (choices === undefined || value === undefined) return value;
  const check = (text: string): string => {
    if (choices.includes(text)) return text;
    throw new LlmxError('usage', `<${key}> is one of ${choices.join(', ')}, not '${text}'`, didYouMean(text, choices));
  };
  return Array.isArray(value) ? value.map((each) => check(String(each))) : check(value as string);
}

interface Call {
  readonly flags: FlagTable;
  readonly spellings: Spellings;
  readonly argumentRows: readonly (readonly [string, Argument])[];
  readonly given: readonly string[];
}

/** What is wrong with an option that commander does not know. */
function optionError(command: string, written: string, { spellings: { long } }: Call): LlmxError {
  const option = written.replace(/=.*$/s, '');
  const name = option.replace(/^-+/, '');
  const known = long.get(name) ?? long.get(name.replace(/^no-/, ''));
  if (known !== undefined && option.startsWith('--') && takesNoValue(known[1]))
    return new LlmxError('usage', `${option} takes no value`, `Write ${option} alone`);
  return new LlmxError('usage', `llmx ${command} has no option ${option}`, didYouMean(name, long.keys(), '--') || `See llmx ${command} --help`);
}

const commanderErrors: Readonly<Record<string, (command: string, quoted: string, call: Call) => readonly [message: string, hint: string]>> = {
  'commander.optionMissingArgument': (command, quoted) => [`${quoted.split(' ')[0]} needs a value`, `See llmx ${command} --help`],
  'commander.missingArgument': (command, quoted, { argumentRows }) => {
    const choices = argumentRows.find(([key]) => key === quoted)?.[1].choices;
    return [`<${quoted}> is missing`, choices === undefined ? `See llmx ${command} --help` : `One of ${choices.join(', ')}`];
  },
  'commander.excessArguments': (command, _, { argumentRows, given }) => [
    `too many arguments for llmx ${command}: ${given.slice(argumentRows.length).join(' ')}`,
    `See llmx ${command} --help`,
  ],
};

function usageError(command: string, error: CommanderError, call: Call): LlmxError {
  const quoted = /'([^']+)'/s.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.unknownOption') return optionError(command, quoted, call);
  const [message, hint] = commanderErrors[error.code]?.(command, quoted, call) ?? [
    error.message.replace(/^error: /, ''),
    `See llmx ${command} --help`,
  ];
  return new LlmxError('usage', message, hint);
}
