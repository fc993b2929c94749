// The entry of the bundle: finds the command. Help and version of `llmx` itself load nothing more.
import { LlmxError } from '../core/base/error.js';
import { commands } from './index.js';
import type { CommandTable } from './shell/command.js';
import { errorText } from './shell/errors.js';
import { openOutput } from './shell/output.js';
import { rootHelp } from './shell/root-help.js';
import { version } from './shell/version.js';

const table: CommandTable = commands;
const argv = process.argv.slice(2);
const first = argv[0];

async function printAlone(text: string): Promise<void> {
  const stdout = openOutput(process.stdout, 'stdout');
  try {
    await stdout.write(text);
    await stdout.drained();
  } catch (thrown) {
    if (!(thrown instanceof LlmxError)) throw thrown;
    process.exitCode = thrown.exitCode;
    await openOutput(process.stderr, 'stderr').write(errorText(thrown, 0, { color: false }));
  }
}

if (first === undefined || ((first === '-h' || first === '--help' || first === 'help') && argv.length === 1))
  await printAlone(rootHelp(table, process.stdout.columns || undefined));
else if (first === '-V' || first === '--version') await printAlone(`${version}\n`);
else {
  const { drive } = await import('./shell/driver.js');
  const { findCommand } = await import('./shell/find-command.js');
  const { name, row, rest } = findCommand(argv, table);
  await drive(name, row, rest, table);
}
