// What a command is: a table of arguments and flags, and a short body. Knows nothing of streams, signals or parsing.
import type { Job } from '../../core/base/event.js';
import type { Context } from './context.js';
import type { ArgumentTable, ArgumentValues, FlagTable, FlagValues } from './flag.js';

/** One row of `src/commands/index.ts`: all that the help of `llmx` needs, so that nothing is loaded for it. */
export interface CommandRow {
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}
export type CommandTable = Readonly<Record<string, CommandRow>>;

export interface Definition<Arguments extends ArgumentTable, Flags extends FlagTable, Report extends object> {
  readonly examples: readonly string[];
  /** What the summary does not say; sentences for the help. */
  readonly description?: string;
  readonly arguments: Arguments;
  readonly flags: Flags;
  /** The exit statuses that this command can end with. */
  readonly exits: readonly number[];
  /** True for a command that writes a model: it goes on when the reader of stdout leaves, and may take its time to stop cleanly. */
  readonly writes?: boolean;
  /** True where the file that --config names may be one that is still to be made. */
  readonly makesConfig?: boolean;
  /** The work. Put it first: the report's type is read from it. */
  run(given: ArgumentValues<Arguments>, flags: FlagValues<Flags>, context: Context): Job<Report>;
  /** The report as text for stdout; without a last newline is fine, and '' prints nothing. */
  human(report: Report, context: Context, flags: FlagValues<Flags>): string;
  /** Lines for stderr after the result (what was cut, what to do next); `-q` hides them. */
  notes?(report: Report, context: Context, flags: FlagValues<Flags>): readonly string[];
  /** The exit status where a report is not simply success; missed gates need nothing here. */
  exit?(report: Report): number;
}

/** What the driver runs: a body with its values bound. */
export interface Invocation {
  readonly job: Job<object>;
  human(report: object): string;
  notes(report: object): readonly string[];
  exit(report: object): number;
}

export interface Command {
  readonly examples: readonly string[];
  readonly description?: string;
  readonly arguments: ArgumentTable;
  readonly flags: FlagTable;
  readonly exits: readonly number[];
  readonly writes?: boolean;
  readonly makesConfig?: boolean;
  start(given: Readonly<Record<string, unknown>>, flags: Readonly<Record<string, unknown>>, context: Context): Invocation;
}

/** Turns a table and a body into a command; the body sees typed values. */
export function defineCommand<const Arguments extends ArgumentTable, const Flags extends FlagTable, Report extends object>(
  definition: Definition<Arguments, Flags, Report>,
): Command {
  const { examples, description, arguments: argumentTable, flags: flagTable, exits, writes, makesConfig } = definition;
  return {
    examples,
    ...(description === undefined ? {} : { description }),
    arguments: argumentTable,
    flags: flagTable,
    exits,
    ...(writes === undefined ? {} : { writes }),
    ...(makesConfig === undefined ? {} : { makesConfig }),
    start(given, flags, context) {
      const values = flags as FlagValues<Flags>;
      return {
        job: definition.run(given as ArgumentValues<Arguments>, values, context),
        human: (report) => definition.human(report as Report, context, values),
        notes: (report) => definition.notes?.(report as Report, context, values) ?? [],
        exit: (report) => definition.exit?.(report as Report) ?? 0,
      };
    },
  };
}
