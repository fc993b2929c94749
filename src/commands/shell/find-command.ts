// The command's name in an argument list: global options may stand before it. Knows no command.
import { LlmxError } from '../../core/base/error.js';
import { firstPositional, spellingsOf } from './argv.js';
import type { CommandRow, CommandTable } from './command.js';
import { globalFlags } from './flags/global.js';
import { didYouMean } from '../../core/base/nearest.js';

export interface Found {
  readonly name: string;
  readonly row: CommandRow;
  /** The argument list without the name. */
  readonly rest: readonly string[];
}

/** A list that names no command gives a row whose loading fails with what is wrong, so that every failure is told in the same way. */
export function findCommand(argv: readonly string[], commands: CommandTable): Found {
  const at = firstPositional(argv, spellingsOf(globalFlags));
  const name = argv[at];
  if (name !== undefined && Object.hasOwn(commands, name)) return { name, row: commands[name]!, rest: [...argv.slice(0, at), ...argv.slice(at + 1)] };
  if (name !== undefined) return failing(argv, `llmx has no command ${name}`, didYouMean(name, Object.keys(commands), 'llmx '));
  const help = commands.help;
  if (help !== undefined && (argv.includes('-h') || argv.includes('--help'))) return { name: 'help', row: help, rest: [] };
  return failing(argv, 'no command given', '');
}

const failing = (argv: readonly string[], message: string, hint: string): Found => {
  const error = new LlmxError('usage', message, hint || 'See llmx --help');
  return { name: '', row: { summary: '', group: '', load: () => Promise.reject(error) }, rest: argv };
};
