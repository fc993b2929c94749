// Runs one command from its argument list to its exit status. The only place that knows streams, signals, parsing and renderers together.
import { asLlmxError, isInterruption, LlmxError } from '../../core/base/error.js';
import type { Event, JsonObject } from '../../core/base/event.js';
import { normalizeArgv, spellingsOf } from './argv.js';
import type { Command, CommandRow, CommandTable, Invocation } from './command.js';
import type { Context } from './context.js';
import { findDirectories } from './directories.js';
import { HelpWanted } from './errors.js';
import { globalFlags } from './flags/global.js';
import type { FlagTable, FlagValues } from './flag.js';
import { commandHelp, helpWidth, usageOf } from './help.js';
import { late, runJob, within } from './job.js';
import { openOutput } from './output.js';
import type { Output } from './output.js';
import { guessPresentation, openPresentation } from './presentation.js';
import type { Presentation } from './presentation.js';
import { configFiles, openSettings } from './settings.js';
import type { Settings } from './settings.js';
import type { Interruption } from './signals.js';
import { watchSignals } from './signals.js';
import { openStdin } from './stdin.js';
import { streamFacts } from './terminal.js';
import { unknownSettings } from './unknown-settings.js';
import { version } from './version.js';

const readerGone = Symbol('reader gone');
/** From a signal to the end of a command that writes nothing, at most: a step that cannot be stopped must not hold the user. */
const graceMilliseconds = 120;
const drainMilliseconds = 40;

/** All that the parts of one run share. */
interface Run {
  readonly name: string;
  readonly row: CommandRow;
  readonly command: Command;
  readonly argv: readonly string[];
  readonly commands: CommandTable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly interruption: Interruption;
  /** Failures that have been told. */
  readonly told: Set<unknown>;
}

export async function drive(name: string, row: CommandRow, argv: readonly string[], commands: CommandTable): Promise<void> {
  let command: Command | undefined;
  const interruption = watchSignals();
  const { signal } = interruption;
  const stdout = openOutput(process.stdout, 'stdout', () => command?.writes !== true && interruption.abort(readerGone));
  const stderr = openOutput(process.stderr, 'stderr');
  const told = new Set<unknown>();
  process.on('uncaughtException', (thrown) => interruption.abort(asLlmxError(thrown)));
  signal.addEventListener('abort', () => {
    const { reason } = signal as { reason: unknown };
    if (command?.writes !== true && isInterruption(reason)) setTimeout(() => process.exit(reason.exitCode), graceMilliseconds).unref();
  });
  /** Tells a failure once. */
  const fail = async (thrown: unknown): Promise<number> => {
    const error = asLlmxError(thrown);
    const presentation = openPresentation(guessPresentation(argv, process.env), { stdout, stderr }, process.env);
    if (!told.has(error)) await presentation.fail(error).catch(() => {});
    told.add(error);
    return error.exitCode;
  };

  let exit: number;
  try {
    command = (await row.load()).command;
    exit = await runCommand({ name, row, command, argv, commands, stdout, stderr, interruption, told });
  } catch (thrown) {
    exit = await fail(thrown);
  }
  const drained = Promise.allSettled([stdout.drained(), stderr.drained()]);
  const results = signal.aborted ? await within(drained, drainMilliseconds) : await drained;
  if (results !== late && results[0].status === 'rejected') {
    const status = await fail(results[0].reason);
    if (exit === 0) exit = status;
  }
  interruption.release();
  process.exitCode = exit;
  // Everything is written by now; this only fires when something else, such as an open pipe or a thread, holds the process.
  setTimeout(() => process.exit(exit), signal.aborted ? 0 : 50).unref();
}

async function runCommand(run: Run): Promise<number> {
  const { name, row, command, argv, commands, stdout, stderr, interruption } = run;
  const flags: FlagTable = { ...command.flags, ...globalFlags };
  const asked = optionsBeforeEnd(normalizeArgv(argv, spellingsOf(flags)));
  const form = ['--json', '--jsonl'].find((each) => asked.has(each));
  if (asked.has('--help') && form !== undefined && commands.help !== undefined)
    return runCommand({ ...run, name: 'help', row: commands.help, command: (await commands.help.load()).command, argv: [name, form] });
  if (asked.has('--help')) return stdout.write(commandHelp(name, row, command, helpWidth(process.stdout))).then(() => 0);
  if (asked.has('--version')) return stdout.write(`${version}\n`).then(() => 0);

  const directories = findDirectories(process.env);
  let settings: Settings | undefined;
  const settingsOf = (config: string | undefined): Settings => {
    const files = configFiles(process.cwd(), directories.config, config ?? process.env.LLMX_CONFIG);
    return (settings = openSettings(name, { environment: process.env, files, mustExist: command.makesConfig !== true }));
  };
  const { parseCommand } = await import('./parse.js');
  const parsed = parseCommand(name, command, flags, argv, settingsOf);
  const global = parsed.flags as FlagValues<typeof globalFlags>;
  const presentation = openPresentation(global, { stdout, stderr }, process.env);
  const note = (line: string): void => void (global.quiet ? undefined : stderr.write(`${line}\n`));
  const context: Context = {
    command: name,
    argv,
    version,
    signal: interruption.signal,
    onInterrupt: (handler) => interruption.divert(handler),
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
    print: (text, style) => presentation.print(text, style),
    note,
  };
  try {
    const warnings = settings === undefined ? [] : await unknownSettings(settings, flags, commands);
    return await runInvocation(run, () => command.start(parsed.given, parsed.flags, context), context, presentation, warnings);
  } catch (thrown) {
    if (interruption.signal.reason === readerGone) return 0;
    const error = asLlmxError(thrown);
    run.told.add(error);
    await presentation.fail(error).catch(() => {});
    // The whole help would push what was wrong off the screen.
    if (error instanceof HelpWanted && presentation.output === 'text')
      await stderr.write(`Usage: ${usageOf(name, command)}\nllmx ${name} --help shows all options.\n`);
    return error.exitCode;
  }
}

async function runInvocation(
  { command, interruption: { signal } }: Run,
  begin: () => Invocation,
  context: Context,
  presentation: Presentation,
  warnings: readonly Event[],
): Promise<number> {
  let gateMissed = false;
  const emit = async (event: Event): Promise<void> => {
    if (event.type === 'gate' && !event.pass) gateMissed = true;
    await presentation.event(event);
  };
  await emit({ type: 'start', command: context.command, argv: context.argv, version: context.version });
  for (const warning of warnings) await emit(warning);
  const invocation = begin();
  const { report, aborted } = await runJob(invocation.job, signal, command.writes === true, emit);
  if (aborted && signal.reason === readerGone) return 0;
  const interruptedBy = aborted && signal.reason instanceof LlmxError ? signal.reason : undefined;
  if (report === undefined || interruptedBy?.exitCode === 1) throw interruptedBy ?? new LlmxError('internal', 'the command ended without a report');
  await emit({ type: 'result', ok: true, schema: `llmx.${context.command}/1`, body: report as JsonObject });
  const notes = [...(interruptedBy === undefined ? [] : [interruptedBy.message]), ...invocation.notes(report)];
  await presentation.end({ ok: true, report, human: invocation.human(report), notes });
  return interruptedBy?.exitCode ?? (gateMissed ? 3 : invocation.exit(report));
}

function optionsBeforeEnd(tokens: readonly string[]): ReadonlySet<string> {
  const end = tokens.indexOf('--');
  return new Set(end < 0 ? tokens : tokens.slice(0, end));
}
