// SIGINT and SIGTERM as one AbortSignal. A second SIGINT within two seconds leaves at once.
import type { ErrorCode } from '../../core/base/error.js';
import { LlmxError } from '../../core/base/error.js';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Aborts for a reason of our own, such as a reader that has left. */
  abort(reason: unknown): void;
  /** Takes the handlers off. */
  release(): void;
}

const rows: readonly { readonly name: NodeJS.Signals; readonly code: ErrorCode; readonly message: string }[] = [
  { name: 'SIGINT', code: 'interrupted', message: 'interrupted' },
  { name: 'SIGTERM', code: 'terminated', message: 'terminated' },
];

const secondWithinMilliseconds = 2000;

/** `leave` must end the process: it is called for the second signal. */
export function watchSignals(leave: (exit: number) => void): Interruption {
  const controller = new AbortController();
  let last = -Infinity;
  const handlers = rows.map(({ name, code, message }) => {
    const handler = (): void => {
      const error = new LlmxError(code, message);
      const now = performance.now();
      if (controller.signal.aborted && now - last < secondWithinMilliseconds) leave(error.exitCode);
      last = now;
      controller.abort(error);
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
