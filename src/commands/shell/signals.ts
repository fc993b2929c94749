// SIGINT, SIGTERM and SIGHUP as one AbortSignal. The second signal gets the system's own handling, which needs no JavaScript: the process ends at once.
import { writeSync } from 'node:fs';
import type { ErrorCode } from '../../core/base/error.js';
import { LlmxError } from '../../core/base/error.js';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Aborts for a reason of our own, such as a reader that has left. */
  abort(reason: unknown): void;
  /** Gives every SIGINT to `handler` instead, for a command that goes on afterwards. Returns what ends that. */
  divert(handler: () => void): () => void;
  /** Takes the handlers off. */
  release(): void;
}

interface SignalRow {
  readonly name: NodeJS.Signals;
  readonly code: ErrorCode;
  readonly message: string;
  /** The process ends by the signal itself. */
  readonly isEnd?: true;
}

const rows: readonly SignalRow[] = [
  { name: 'SIGINT', code: 'interrupted', message: 'interrupted' },
  { name: 'SIGTERM', code: 'terminated', message: 'terminated' },
  // The terminal is gone: what is to be kept is kept as if the process were asked to end.
  { name: 'SIGHUP', code: 'terminated', message: 'the terminal is gone', isEnd: true },
];

/** npx and npm hand a Ctrl-C on to a process that the terminal has already told: that is no second one. */
const echoMilliseconds = 50;

const showCursor = '\u001b[?25h\u001b[?7h';

export function watchSignals(): Interruption {
  const controller = new AbortController();
  let diverted: (() => void) | undefined;
  const release = (): void => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
  const handlers = rows.map(({ name, code, message, isEnd }) => {
    const handler = (): void => {
      if (name === 'SIGINT' && diverted !== undefined) return diverted();
      if (process.stderr.isTTY) restoreTerminal();
      if (isEnd) process.once('exit', () => dieOf(name));
      setTimeout(release, echoMilliseconds).unref();
      controller.abort(new LlmxError(code, message));
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  const divert = (handler: () => void): (() => void) => {
    diverted = handler;
    return () => void (diverted = undefined);
  };
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), divert, release };
}

/** Node ends badly where its terminal is gone (it resets what is no more): the signal itself is the better end. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** At once: whatever comes next may be the end. */
function restoreTerminal(): void {
  try {
    writeSync(2, showCursor);
  } catch {
    // A terminal that is gone needs nothing.
  }
}
