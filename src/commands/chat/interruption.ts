// What Ctrl-C means: stop the reply, clear the draft, and on the second in a row leave. Pure.

export interface CtrlC {
  readonly action: 'stop' | 'clear' | 'warn' | 'leave';
  /** When it was pressed, for the next one. */
  readonly at: number;
}

const armedMilliseconds = 2000;

/** `last`: the time of the Ctrl-C before, if any. A reply that has been told to stop and does not is no reason to stay. */
export function ctrlC(
  now: number,
  last: number | undefined,
  facts: { readonly busy: boolean; readonly stopping: boolean; readonly draft: boolean },
): CtrlC {
  const armed = last !== undefined && now - last <= armedMilliseconds;
  const { busy, stopping, draft } = facts;
  if (busy && !(stopping && armed)) return { action: 'stop', at: now };
  if (draft) return { action: 'clear', at: now };
  return { action: armed ? 'leave' : 'warn', at: now };
}
