// Thresholds on a report's metrics, for every command that has some.
import { LlmxError } from '../base/error.js';
import type { Event } from '../base/event.js';

export interface Gate {
  readonly text: string;
  readonly metric: string;
  readonly operator: '<=' | '>=';
  readonly limit: number;
}

/** `regress<=10%`, `tg128>=40`. `examples`: for the error. */
export function parseGate(text: string, examples = "--gate 'NAME<=0.1'"): Gate {
  const [, metric, operator, value, percent] = /^\s*([a-z][\w+@ .-]*?)\s*(<=|>=)\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)\s*$/i.exec(text) ?? [];
  if (metric === undefined || value === undefined)
    throw new LlmxError('usage', `--gate takes METRIC<=VALUE or METRIC>=VALUE, not '${text}'`, `For example ${examples}`);
  return { text, metric, operator: operator as Gate['operator'], limit: Number(value) / (percent === '%' ? 100 : 1) };
}

/** A value that is not a number misses every gate. */
export const judgeGate = ({ metric, operator, limit }: Gate, value: number): Extract<Event, { type: 'gate' }> => ({
  type: 'gate',
  name: metric,
  value,
  limit: `${operator}${limit}`,
  pass: operator === '<=' ? value <= limit : value >= limit,
});
