// Runs one command from its argument list to its exit status. The only place that knows streams, signals, parsing and renderers together.
import { asLlmxError, LlmxError } from '../../core/base/error.js';
import type { Event, JsonObject } from '../../core/base/event.js';
import { normalizeArgv, spellingsOf } from './argv.js';
import type { Command, CommandRow, CommandTable, Invocation } from './command.js';
import type { Context } from './context.js';
import { findDirectories } from './directories.js';
import { HelpWanted } from './errors.js';
import { globalFlags } from './flags/global.js';
import type { FlagTable, FlagValues } from './flag.js';
import { commandHelp } from './help.js';
import { runJob } from './job.js';
import { openOutput } from './output.js';
import type { Output } from './output.js';
import type { Parsed } from './parse.js';
import { guessPresentation, openPresentation } from './presentation.js';
import type { Presentation } from './presentation.js';
import { configFiles, openSettings } from './settings.js';
import type { Interruption } from './signals.js';
import { watchSignals } from './signals.js';
import { openStdin } from './stdin.js';
import { streamFacts } from './terminal.js';
import { version } from './version.js';

const readerGone = Symbol('reader gone');

interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
}

export async function drive(name: string, row: CommandRow, argv: readonly string[], commands: CommandTable): Promise<void> {
  let command: Command | undefined;
  const interruption = watchSignals(leaveNow);
  const streams: Streams = {
    stdout: openOutput(process.stdout, 'stdout', () => command?.writes !== true && interruption.abort(readerGone)),
    stderr: openOutput(process.stderr, 'stderr'),
  };
  const unforeseen = (thrown: unknown): void => interruption.abort(asLlmxError(thrown));
  process.on('uncaughtException', unforeseen);
  let exit: number;
  try {
    command = (await row.load()).command;
    exit = await runCommand(name, row, command, argv, commands, streams, interruption);
    await Promise.all([streams.stdout.drained(), streams.stderr.drained().catch(() => {})]);
  } catch (thrown) {
    const error = asLlmxError(thrown);
    exit = error.exitCode;
    const presentation = openPresentation(guessPresentation(argv, process.env), streams, process.env);
    await presentation.fail(error).catch(() => {});
    await Promise.allSettled([streams.stdout.drained(), streams.stderr.drained()]);
  }
  interruption.release();
  process.exitCode = exit;
  // Everything is written by now; this only fires when something else, such as an open pipe or a thread, holds the process.
  setTimeout(() => process.exit(exit), 50).unref();
}

async function runCommand(
  name: string,
  row: CommandRow,
  command: Command,
  argv: readonly string[],
  commands: CommandTable,
  streams: Streams,
  interruption: Interruption,
): Promise<number> {
  const flags: FlagTable = { ...command.flags, ...globalFlags };
  const asked = optionsBeforeEnd(normalizeArgv(argv, spellingsOf(flags)));
  const help = (): string => commandHelp(name, row, command, process.stdout.isTTY ? process.stdout.columns || 80 : 100);
  if (asked.has('--help')) return streams.stdout.write(help()).then(() => 0);
  if (asked.has('--version')) return streams.stdout.write(`${version}\n`).then(() => 0);

  const directories = findDirectories(process.env);
  const settingsOf = (config: string | undefined) =>
    openSettings(name, { environment: process.env, files: configFiles(process.cwd(), directories.config, config ?? process.env.LLMX_CONFIG) });
  const { parseCommand } = await import('./parse.js');
  const parsed = parseCommand(name, command, flags, argv, settingsOf);
  const global = parsed.flags as FlagValues<typeof globalFlags>;
  const presentation = openPresentation(global, streams, process.env);
  const note = (line: string): void => void (global.quiet ? undefined : streams.stderr.write(`${line}\n`));
  const context: Context = {
    command: name,
    argv,
    version,
    signal: interruption.signal,
    stdin: openStdin(note, interruption.signal),
    terminal: {
      stdin: streamFacts(process.stdin.isTTY ? process.stdin : {}, global.color, process.env),
      stdout: presentation.stdoutFacts,
      stderr: presentation.stderrFacts,
    },
    environment: process.env,
    workingDirectory: process.cwd(),
    directories: global.cacheDir === undefined ? directories : { ...directories, cache: global.cacheDir },
    global,
    commands,
    output: presentation.output,
    source: (key) => parsed.sources.get(key) ?? 'default',
    print: (text) => presentation.print(text),
    note,
  };
  try {
    return await runInvocation(command, () => start(command, parsed, context), context, presentation, interruption);
  } catch (thrown) {
    if (interruption.signal.reason === readerGone) return 0;
    const error = asLlmxError(thrown);
    if (error instanceof HelpWanted && presentation.output === 'text') await streams.stderr.write(`${help()}\n`);
    await presentation.fail(error);
    return error.exitCode;
  }
}

const start = (command: Command, parsed: Parsed, context: Context): Invocation => command.start(parsed.given, parsed.flags, context);

async function runInvocation(
  command: Command,
  begin: () => Invocation,
  context: Context,
  presentation: Presentation,
  { signal }: Interruption,
): Promise<number> {
  let gateMissed = false;
  const emit = async (event: Event): Promise<void> => {
    if (event.type === 'gate' && !event.pass) gateMissed = true;
    await presentation.event(event);
  };
  await emit({ type: 'start', command: context.command, argv: context.argv, version: context.version });
  const invocation = begin();
  const { report, aborted } = await runJob(invocation.job, signal, command.writes === true, emit);
  if (aborted && signal.reason === readerGone) return 0;
  const interruptedBy = aborted && signal.reason instanceof LlmxError ? signal.reason : undefined;
  if (report === undefined || interruptedBy?.exitCode === 1) throw interruptedBy ?? new LlmxError('internal', 'the command ended without a report');
  await emit({ type: 'result', ok: true, schema: `llmx.${context.command}/1`, body: report as JsonObject });
  await presentation.end({ ok: true, report, human: invocation.human(report), notes: invocation.notes(report) });
  return interruptedBy?.exitCode ?? (gateMissed ? 3 : invocation.exit(report));
}

function optionsBeforeEnd(tokens: readonly string[]): ReadonlySet<string> {
  const end = tokens.indexOf('--');
  return new Set(end < 0 ? tokens : tokens.slice(0, end));
}

/** For the second signal: there is no time to drain anything. */
function leaveNow(exit: number): void {
  if (process.stderr.isTTY) process.stderr.write('\u001b[?25h\u001b[?7h\n');
  process.exit(exit);
}
