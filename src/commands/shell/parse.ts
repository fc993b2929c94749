// From an argument list to typed values, by commander. Settings fill in what the command line leaves open.
import { Command as Parser, CommanderError, Option } from 'commander';
import { LlmxError } from '../../core/base/error.js';
import { normalizeArgv, spellingsOf } from './argv.js';
import type { Command } from './command.js';
import type { ValueSource } from './context.js';
import type { Argument, Flag, FlagTable } from './flag.js';
import { longName } from './flag.js';
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
    throw error instanceof CommanderError ? usageError(name, error, [...spellings.long.keys()]) : error;
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

function usageError(command: string, error: CommanderError, longNames: readonly string[]): LlmxError {
  const quoted = /'([^']+)'/.exec(error.message)?.[1] ?? '';
  const help = `See llmx ${command} --help`;
  switch (error.code) {
    case 'commander.unknownOption': {
      const option = quoted.replace(/=.*$/s, '');
      return new LlmxError('usage', `llmx ${command} has no option ${option}`, didYouMean(option.replace(/^-+/, ''), longNames, '--') || help);
    }
    case 'commander.optionMissingArgument':
      return new LlmxError('usage', `${quoted.split(' ')[0]} needs a value`, help);
    case 'commander.missingArgument':
      return new LlmxError('usage', `<${quoted}> is missing`, help);
    case 'commander.excessArguments':
      return new LlmxError('usage', `too many arguments for llmx ${command}`, help);
    default:
      return new LlmxError('usage', error.message.replace(/^error: /, ''), help);
  }
}
