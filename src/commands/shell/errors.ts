// The text of a failure for people. The one place that decides how an error looks.
import { isInterruption, LlmxError } from '../../core/base/error.js';
import { printable } from '../../core/base/printable.js';
import type { StreamFacts } from './terminal.js';
import { paint } from './terminal.js';

/** A wrong call that deserves a usage line and an example, such as `run` without any prompt. */
export class HelpWanted extends LlmxError {
  constructor(message: string, example: string) {
    super('usage', message, `For example ${example}`);
  }
}

/**
 * `error: ...`, then `hint: ...`, then all details where `verbose` is 1 and the stack where it is 2 or more. Ends in a line end.
 * An interruption is the user's own doing and stands there by itself.
 */
export function errorText(error: LlmxError, verbose: number, facts: Pick<StreamFacts, 'color'>): string {
  const { message, details } = error;
  const hint = [error.hint, ...(details.length > 0 && verbose === 0 ? ['-v lists all of them'] : [])].filter((part) => part !== '').join('; ');
  const lines = [isInterruption(error) ? message : `${paint(facts, 'red', 'error:')} ${printable(message)}`];
  if (hint !== '') lines.push(`${paint(facts, 'dim', 'hint:')} ${printable(hint)}`);
  if (verbose >= 1) lines.push(...details.map((detail) => `  ${printable(detail)}`));
  if (verbose >= 2) {
    lines.push(printable(error.stack ?? '', '\n'));
    if (error.cause instanceof Error) lines.push(`caused by ${printable(error.cause.stack ?? error.cause.message, '\n')}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
