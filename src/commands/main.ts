// The entry of the bundle: finds the command. Help and version of `llmx` itself load nothing more.
import { commands } from './index.js';
import type { CommandTable } from './shell/command.js';
import { rootHelp } from './shell/root-help.js';
import { version } from './shell/version.js';

const table: CommandTable = commands;
const argv = process.argv.slice(2);
const first = argv[0];

function printAlone(text: string): void {
  process.stdout.on('error', (error) => void import('./shell/stdout-failure.js').then(({ tellStdoutFailure }) => tellStdoutFailure(error)));
  process.stdout.write(text);
}

if (first === undefined || ((first === '-h' || first === '--help' || first === 'help') && argv.length === 1))
  printAlone(rootHelp(table, process.stdout.columns || undefined));
else if (first === '-V' || first === '--version') printAlone(`${version}\n`);
else {
  const { drive } = await import('./shell/driver.js');
  const { findCommand } = await import('./shell/find-command.js');
  const { name, row, rest } = findCommand(argv, table);
  await drive(name, row, rest, table);
}
