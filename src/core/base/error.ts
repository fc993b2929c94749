// The one error class, and the table that maps its codes to exit statuses (docs/commands.md prints it).

export const exitCodes = {
  internal: 1,
  'out-of-memory': 1,
  'device-lost': 1,
  'batch-failed': 1,
  usage: 2,
  'gate-missed': 3,
  'not-found': 4,
  unreadable: 4,
  malformed: 4,
  unsupported: 4,
  'context-exceeded': 4,
  disk: 5,
  transfer: 5,
  interrupted: 130,
  terminated: 143,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof exitCodes;

export interface LlmxErrorOptions extends ErrorOptions {
  /** All that is wrong where `message` says only the first of it, a line each. */
  readonly details?: readonly string[];
}

/**
 * Every failure that llmx foresees. `message` says what and where (file, tensor, both numbers) in one line;
 * `hint` says what to try next and may be empty.
 */
export class LlmxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, hint = '', { details = [], ...options }: LlmxErrorOptions = {}) {
    super(message, options);
    this.name = 'LlmxError';
    this.code = code;
    this.hint = hint;
    this.details = details;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** The user's own doing, whether a signal told it or the work heard of it by itself. */
export const isInterruption = (thrown: unknown): thrown is LlmxError =>
  thrown instanceof LlmxError && (thrown.code === 'interrupted' || thrown.code === 'terminated');

/** Any thrown value as an LlmxError; what nobody foresaw becomes `internal`. */
export function asLlmxError(thrown: unknown): LlmxError {
  if (thrown instanceof LlmxError) return thrown;
  if (thrown instanceof RangeError && /array buffer|Invalid typed array length/i.test(thrown.message)) {
    return new LlmxError('out-of-memory', thrown.message, 'Choose a smaller context or a smaller model', { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LlmxError('internal', message, 'A bug in llmx: -vv shows the stack; report it with the output of llmx doctor', {
    cause: thrown,
  });
}
