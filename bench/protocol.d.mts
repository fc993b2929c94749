// What a race asks of an engine. Each engine lives in a process of its own, keeps its model open, and must not spin between commands.

export interface Settings {
  readonly file: string;
  readonly threads: number;
  /** Positions that the cache must hold. */
  readonly context: number;
  /** Most tokens in one step. */
  readonly batch: number;
  /** All layers on a graphics device; absent: on the processor. llama.cpp alone takes it. */
  readonly gpu?: 'vulkan' | undefined;
}

export interface Description {
  /** Name and version. */
  readonly engine: string;
  /** What shapes its speed: instruction set, batch, cache format, attention. */
  readonly settings: string;
  readonly vocabulary: number;
}

/** One open model with one sequence: all that an engine has to bring. */
export interface Model {
  readonly description: Description;
  /** Forgets what lies at `positions` and after. */
  truncate(positions: number): void | Promise<void>;
  /** Processes tokens that begin at `position`; done when the logits of the last one lie in memory, if they are wanted. Nothing samples. */
  step(tokens: Uint32Array, position: number, logits: boolean): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * - `prepare` opens the file and warms up, so that later commands pay for no page fault, repacking or compilation.
 * - `prompt` empties the cache, then processes `tokens` of the prompt for the last row of logits.
 * - `generate` takes `tokens` given ones in steps of one, each with its logits, from a cache filled to `depth`, untimed.
 */
export type Command =
  | { readonly command: 'prepare'; readonly settings: Settings }
  | { readonly command: 'prompt'; readonly tokens: number }
  | { readonly command: 'generate'; readonly tokens: number; readonly depth: number }
  | { readonly command: 'exit' };

/** One to each command but `exit`, in order. `value`: what was opened, or the seconds of the work alone. */
export type Reply = { readonly ok: true; readonly value: Description | number } | { readonly ok: false; readonly error: string };

/** Answers commands from the parent process; without one, times the file named on the command line and prints. */
export function serve(open: (settings: Settings) => Promise<Model>): Promise<void>;
