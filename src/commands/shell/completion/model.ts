// What shells need to know of the commands, as plain data. Each generator of this folder prints it in its shell's language.
import type { LoadedCommand } from '../all-flags.js';
import type { Argument, Flag } from '../flag.js';
import { takesNoValue } from '../flag.js';
import { globalFlags } from '../flags/global.js';
import { spellingsIn } from '../help.js';

export interface CompletedFlag {
  /** With its dashes: `-m`, `--model`, `-ngl`. */
  readonly spellings: readonly string[];
  readonly help: string;
  readonly takesValue: boolean;
  /** Words that the value may be; undefined where it may be a file or anything else. */
  readonly choices: readonly string[] | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** Words that the first argument may be; undefined where it may be a file or anything else. */
  readonly choices: readonly string[] | undefined;
}

export type Generator = (commands: readonly CompletedCommand[]) => string;

export function completionModel(loaded: readonly LoadedCommand[]): CompletedCommand[] {
  const names = loaded.map(({ name }) => name);
  return loaded.map(({ name, row, command }) => ({
    name,
    summary: row.summary,
    flags: Object.entries<Flag>({ ...command.flags, ...globalFlags }).flatMap(([key, flag]) =>
      flag.hidden === true ? [] : [completedFlag(key, flag)],
    ),
    choices: firstWords(Object.values(command.arguments)[0], names),
  }));
}

function firstWords(row: Argument | undefined, commands: readonly string[]): readonly string[] | undefined {
  if (row?.suggest === undefined) return row?.choices;
  return [...row.suggest.words, ...(row.suggest.commands ? commands : [])];
}

const completedFlag = (key: string, flag: Flag): CompletedFlag => ({
  spellings: spellingsIn(key, flag),
  help: flag.help,
  takesValue: !takesNoValue(flag),
  choices: 'choices' in flag ? flag.choices : undefined,
});

/** `text` in single quotes of a POSIX shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
