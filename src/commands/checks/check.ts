// What a check of `llmx doctor` is. One file of this folder is one row of its table.
import type { Context } from '../shell/context.js';

export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; '' when nothing is to be done. */
  readonly hint: string;
}

export type Check = (context: Context) => Promise<readonly Finding[]> | readonly Finding[];

export const ok = (detail: string): Finding => ({ status: 'ok', detail, hint: '' });
export const warn = (detail: string, hint: string): Finding => ({ status: 'warn', detail, hint });
export const fail = (detail: string, hint: string): Finding => ({ status: 'fail', detail, hint });
