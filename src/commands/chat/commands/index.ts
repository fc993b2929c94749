// The table of slash commands. Help, completion and the documents are made from it.
import { nearest } from '../../../core/base/nearest.js';
import { branch } from './branch.js';
import { clear } from './clear.js';
import type { SlashCommand } from './command.js';
import { going } from './continue.js';
import { copy } from './copy.js';
import { edit } from './edit.js';
import { exit } from './exit.js';
import { exporting } from './export.js';
import { help } from './help.js';
import { load } from './load.js';
import { model } from './model.js';
import { fresh } from './new.js';
import { pasting } from './paste.js';
import { raw } from './raw.js';
import { read } from './read.js';
import { retry } from './retry.js';
import { save } from './save.js';
import { sessions } from './sessions.js';
import { set } from './set.js';
import { show } from './show.js';
import { stats } from './stats.js';
import { system } from './system.js';
import { theme } from './theme.js';
import { think } from './think.js';
import { undo } from './undo.js';
import { unset } from './unset.js';

export const slashCommands = {
  help,
  set,
  unset,
  show,
  model,
  system,
  new: fresh,
  clear,
  retry,
  continue: going,
  undo,
  edit,
  branch,
  copy,
  save,
  load,
  sessions,
  export: exporting,
  stats,
  think,
  raw,
  theme,
  read,
  paste: pasting,
  exit,
} as const satisfies Record<string, SlashCommand>;

const table: Readonly<Record<string, SlashCommand>> = slashCommands;
const byName = new Map(
  Object.entries(table).flatMap(([name, command]) => [name, ...(command.aliases ?? [])].map((each) => [each, { name, command }] as const)),
);

/** Names and other names, without the slash. */
export const commandNames: readonly string[] = [...byName.keys()];

export const findCommand = (name: string): { readonly name: string; readonly command: SlashCommand } | undefined => byName.get(name.toLowerCase());

export const nearestCommand = (name: string): string | undefined => nearest(name, commandNames);
