// What a slash command is: a row that help, completion and documents are made from, and a short body.
import { LlmxError } from '../../../core/base/error.js';
import type { Desk } from '../desk.js';

export interface SlashCommand {
  readonly summary: string;
  /** What may follow the name: `[name [value]]`. */
  readonly usage?: string;
  readonly aliases?: readonly string[];
  /** More than the summary says, for `/help NAME`. */
  readonly details?: readonly string[];
  /** True for what may be done while a reply is written or the model loads. */
  readonly anytime?: boolean;
  /** Words that may stand at the place that is being written; `words` are those before it. */
  complete?(words: readonly string[], begun: string, desk: Desk): readonly string[] | Promise<readonly string[]>;
  run(argument: string, desk: Desk): void | Promise<void>;
}

export const wrongUse = (message: string, hint: string): LlmxError => new LlmxError('usage', message, hint);

/** A whole number from 1 on, or undefined where nothing is given. */
export function readPlace(argument: string, most: number, what: string): number | undefined {
  if (argument === '') return undefined;
  const place = /^\d{1,9}$/.test(argument) ? Number(argument) : 0;
  if (place < 1 || place > most) throw wrongUse(`there is no ${what} ${argument}`, most === 0 ? `There is no ${what} yet` : `From 1 to ${most}`);
  return place;
}
