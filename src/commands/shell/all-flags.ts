// Every command with its flags, loaded: for what speaks of all of them (completion, settings, documents).
import type { Command, CommandRow, CommandTable } from './command.js';
import type { Flag } from './flag.js';
import { longName } from './flag.js';
import { globalFlags } from './flags/global.js';

export interface LoadedCommand {
  readonly name: string;
  readonly row: CommandRow;
  readonly command: Command;
}

export const loadAll = (commands: CommandTable): Promise<LoadedCommand[]> =>
  Promise.all(Object.entries(commands).map(async ([name, row]) => ({ name, row, command: (await row.load()).command })));

/** The flags that may come from the environment and from configuration files, by long name. */
export function settingFlags(loaded: readonly LoadedCommand[]): Map<string, Flag> {
  const found = new Map<string, Flag>();
  for (const flags of [globalFlags, ...loaded.map(({ command }) => command.flags)]) {
    for (const [key, flag] of Object.entries(flags))
      if (flag.setting === true && !found.has(longName(key, flag))) found.set(longName(key, flag), flag);
  }
  return found;
}
