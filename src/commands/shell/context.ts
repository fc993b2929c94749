// All that a body may know of its surroundings. Bodies read this and never `process`.
import type { CommandTable } from './command.js';
import type { FlagValues } from './flag.js';
import type { globalFlags } from './flags/global.js';
import type { StandardInput } from './stdin.js';
import type { StreamFacts, Style } from './terminal.js';

export interface Directories {
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly cache: string;
}

/** Where a flag's value came from: the command line, an environment variable, a file's path, or the table. */
export type ValueSource = 'flag' | 'default' | (string & {});

export interface Context {
  /** The command's name. */
  readonly command: string;
  readonly argv: readonly string[];
  readonly version: string;
  /** Aborts on SIGINT, SIGTERM and when the reader of stdout has left. Look at it between steps, then return the report so far. */
  readonly signal: AbortSignal;
  /** Gives every SIGINT to `handler` instead of the signal, for a command that goes on after a Ctrl-C. Returns what ends that. */
  onInterrupt(handler: () => void): () => void;
  readonly stdin: StandardInput;
  readonly terminal: { readonly stdin: StreamFacts; readonly stdout: StreamFacts; readonly stderr: StreamFacts };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly directories: Directories;
  readonly global: FlagValues<typeof globalFlags>;
  /** The command table, for help, completion and config. */
  readonly commands: CommandTable;
  /** How the result goes to stdout. */
  readonly output: 'text' | 'json' | 'jsonl';
  /** Where the value of the flag with this key came from. */
  source(key: string): ValueSource;
  /**
   * Data on stdout while the body runs, waiting for a slow reader; prints nothing under --json and --jsonl.
   * A terminal gets escapes for what it would act upon, and the style.
   */
  print(text: string, style?: Style): Promise<void>;
  /** A line on stderr for people; `-q` hides it. */
  note(line: string): void;
}
