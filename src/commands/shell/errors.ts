// The text of a failure for people. The one place that decides how an error looks.
import { LlmxError } from '../../core/base/error.js';
import type { StreamFacts } from './terminal.js';
import { paint } from './terminal.js';

/** A wrong call that deserves the whole help on stderr before its one line, such as `run` without any prompt. */
export class HelpWanted extends LlmxError {
  constructor(message: string, hint = '') {
    super('usage', message, hint);
  }
}

/** `error: ...`, then `hint: ...`, then the stack where `verbose` is 2 or more. Ends in a line end. */
export function errorText(error: LlmxError, verbose: number, facts: Pick<StreamFacts, 'color'>): string {
  const lines = [`${paint(facts, 'red', 'error:')} ${error.message}`];
  if (error.hint !== '') lines.push(`${paint(facts, 'dim', 'hint:')} ${error.hint}`);
  if (verbose >= 2) {
    lines.push(error.stack ?? '');
    if (error.cause instanceof Error) lines.push(`caused by ${error.cause.stack ?? error.cause.message}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
