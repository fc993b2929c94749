// The text of a failure for people. The one place that decides how an error looks.
import { LlmxError } from '../../core/base/error.js';
import { printable } from '../../core/base/printable.js';
import type { StreamFacts } from './terminal.js';
import { paint } from './terminal.js';

/** A wrong call that deserves a usage line and an example, such as `run` without any prompt. */
export class HelpWanted extends LlmxError {
  constructor(message: string, example: string) {
    super('usage', message, `For example ${example}`);
  }
}

/** An error of several lines as one of one line: the first and how many more there are, with all of them in `details`. */
export function briefly(error: LlmxError): LlmxError {
  const lines = error.details.length > 0 ? error.details : error.message.split('\n');
  if (lines.length < 2) return error;
  const unlisted = Number(/^and (\d+) more$/.exec(error.hint)?.[1] ?? 0);
  const hint = `and ${lines.length - 1 + unlisted} more (llmx inspect lists them, -v too)`;
  return new LlmxError(error.code, lines[0]!, hint, { details: lines, cause: error });
}

export const isInterruption = ({ code }: LlmxError): boolean => code === 'interrupted' || code === 'terminated';

/**
 * `error: ...`, then `hint: ...`, then all details where `verbose` is 1 and the stack where it is 2 or more. Ends in a line end.
 * An interruption is the user's own doing and stands there by itself.
 */
export function errorText(error: LlmxError, verbose: number, facts: Pick<StreamFacts, 'color'>): string {
  const { message, hint, details } = briefly(error);
  const lines = [isInterruption(error) ? message : `${paint(facts, 'red', 'error:')} ${printable(message)}`];
  if (hint !== '') lines.push(`${paint(facts, 'dim', 'hint:')} ${printable(hint)}`);
  if (verbose >= 1) lines.push(...details.map((detail) => `  ${printable(detail)}`));
  if (verbose >= 2) {
    lines.push(printable(error.stack ?? '', '\n'));
    if (error.cause instanceof Error) lines.push(`caused by ${printable(error.cause.stack ?? error.cause.message, '\n')}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
