// What an engine under test answers. It lives in a process of its own, keeps its model open, and must not spin between commands.

export interface Settings {
  readonly file: string;
  readonly threads: number;
  /** Positions that the cache must hold. */
  readonly context: number;
}

export interface Description {
  /** Name and version. */
  readonly engine: string;
  /** What shapes its speed: instruction set, batch, cache format, attention. */
  readonly settings: string;
  readonly vocabulary: number;
}

/** Each method is one command; times are seconds of the work alone, measured where it is done. */
export interface Engine {
  /** Opens the file and warms up, so that later commands pay for no page fault, repacking or compilation. */
  prepare(settings: Settings): Promise<Description>;
  /** Empties the cache, then processes `tokens` of the prompt; only the last row of logits is wanted. */
  prompt(tokens: number): Promise<number>;
  /** From a cache filled to `depth`, untimed, decodes `tokens` one by one, each with its logits and the choice of the greatest. */
  generate(tokens: number, depth: number): Promise<number>;
  close(): Promise<void>;
}

export type Command =
  | { readonly command: 'prepare'; readonly settings: Settings }
  | { readonly command: 'prompt'; readonly tokens: number }
  | { readonly command: 'generate'; readonly tokens: number; readonly depth: number }
  | { readonly command: 'exit' };

/** One reply to each command but `exit`, in order. */
export type Reply = { readonly ok: true; readonly value: Description | number } | { readonly ok: false; readonly error: string };

/** The token at a place of the prompt that both engines are given: the same everywhere, over the lower 7/8 of the vocabulary (no control tokens). */
export function promptToken(position: number, vocabulary: number): number;

/** Answers commands from the parent process; without one, times the file named on the command line and prints. */
export function serve(engine: Engine): Promise<void>;
