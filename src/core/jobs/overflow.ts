// What to do with a prompt that is longer than the context.
import type { GenerateOptions } from '../generate/index.js';

export const overflows = ['error', 'truncate-start', 'truncate-middle'] as const;
export type Overflow = (typeof overflows)[number];

export interface Fitted {
  readonly ids: readonly number[];
  readonly dropped: number;
}

/**
 * Shortens `ids` so that they and at least one new token fit. The first `keep` ids (the beginning mark) always stay.
 * `error` leaves them as they are: the session then says by how much they are too many.
 */
export function fitPrompt(
  ids: readonly number[],
  contextLength: number,
  overflow: Overflow,
  keep: number,
  reserve: GenerateOptions['maxTokens'],
): Fitted {
  if (ids.length <= contextLength || overflow === 'error') return { ids, dropped: 0 };
  const room = Math.max(keep + 1, (contextLength - Math.max(1, Math.min(reserve < 0 ? contextLength / 4 : reserve, contextLength / 4))) | 0);
  const dropped = ids.length - room;
  const head = overflow === 'truncate-start' ? keep : Math.max(keep, Math.floor(room / 2));
  return { ids: [...ids.slice(0, head), ...ids.slice(head + dropped)], dropped };
}
