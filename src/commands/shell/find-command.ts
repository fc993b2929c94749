// The command's name in an argument list: global options may stand before it. Knows no command.
import { LlmxError } from '../../core/base/error.js';
import { didYouMean } from '../../core/base/nearest.js';
import { loadAll } from './all-flags.js';
import type { Spellings } from './argv.js';
import { firstPositional, normalizeArgv, spellingsOf } from './argv.js';
import type { CommandRow, CommandTable } from './command.js';
import { takesNoValue } from './flag.js';
import { globalFlags } from './flags/global.js';

export interface Found {
  readonly name: string;
  readonly row: CommandRow;
  /** The argument list without the name. */
  readonly rest: readonly string[];
}

const globals = spellingsOf(globalFlags);

/** A list that names no command gives a row whose loading fails with what is wrong, so that every failure is told in the same way. */
export function findCommand(argv: readonly string[], commands: CommandTable): Found {
  const at = firstPositional(argv, globals);
  const name = argv[at];
  const before = at < 0 ? argv : argv.slice(0, at);
  const foreign = before.find((token) => token !== '--' && isForeign(token));
  if (foreign !== undefined) return failing(argv, () => strangerError(foreign, argv, commands));
  if (name !== undefined && Object.hasOwn(commands, name)) return { name, row: commands[name]!, rest: [...before, ...argv.slice(at + 1)] };
  if (name !== undefined) return failing(argv, async () => wrong(`llmx has no command ${name}`, didYouMean(name, Object.keys(commands), 'llmx ')));
  const help = commands.help;
  const isHelp = (token: string): boolean => token === '-h' || token === '--help';
  if (help !== undefined && argv.some(isHelp)) return { name: 'help', row: help, rest: argv.filter((token) => !isHelp(token)) };
  return failing(argv, async () => wrong('no command given', 'For example llmx run "Once upon a time"; see llmx --help'));
}

const wrong = (message: string, hint: string): LlmxError => new LlmxError('usage', message, hint || 'See llmx --help');

const failing = (argv: readonly string[], error: () => Promise<LlmxError>): Found => ({
  name: '',
  row: { summary: '', group: '', load: async () => Promise.reject(await error()) },
  rest: argv,
});

/** True for an option that the global table does not explain, with the value that it carries. */
const isForeign = (token: string): boolean => token.startsWith('-') && !explains(globals, token);

/** Whether a table knows an option, and that it may carry a value where it does. */
const explains = (spellings: Spellings, token: string): boolean =>
  normalizeArgv([token], spellings).every((each) => {
    const [, name = '', value] = /^--(?:no-)?([^=]+)(=.*)?$/s.exec(each) ?? [];
    const flag = spellings.long.get(name)?.[1];
    return flag !== undefined && (value === undefined || !takesNoValue(flag));
  });

/** What is wrong with an option before any command: it takes no value, belongs to commands, or is none. */
async function strangerError(token: string, argv: readonly string[], commands: CommandTable): Promise<LlmxError> {
  const option = token.replace(/=.*$/s, '');
  if (!isForeign(option)) return wrong(`${option} takes no value`, `Write ${option} alone`);
  const owners = (await loadAll(commands)).filter(({ command }) => explains(spellingsOf(command.flags), option)).map(({ name }) => name);
  const named = argv.find((each) => Object.hasOwn(commands, each));
  if (owners.length > 0)
    return wrong(
      named === undefined ? `no command given; ${option} is an option of ${owners.join(', ')}` : `${option} stands before the command`,
      `For example llmx ${named !== undefined && owners.includes(named) ? named : owners[0]} ${argv.filter((each) => each !== named).join(' ')}`,
    );
  return wrong(`llmx has no option ${option}`, didYouMean(option.replace(/^-+/, ''), globals.long.keys(), '--'));
}
