// The entry of the bundle: finds the command. Help and version of `llmx` itself load nothing more.
import { commands } from './index.js';
import type { CommandRow, CommandTable } from './shell/command.js';
import { rootHelp } from './shell/root-help.js';
import { version } from './shell/version.js';

const table: CommandTable = commands;
const argv = process.argv.slice(2);
const first = argv[0];

if (first === undefined || ((first === '-h' || first === '--help' || first === 'help') && argv.length === 1)) process.stdout.write(rootHelp(table));
else if (first === '-V' || first === '--version') process.stdout.write(`${version}\n`);
else {
  const { drive } = await import('./shell/driver.js');
  const { findCommand } = await import('./shell/find-command.js');
  const { name, row, rest } = findCommand(argv, table);
  await drive(name, row satisfies CommandRow, rest, table);
}
