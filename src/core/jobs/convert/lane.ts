// Work in flight: so much of it at once, the first failure told to whoever asks next.
export interface Lane {
  /** Takes work that has begun; the promise settles when it is over and never rejects. */
  take(work: Promise<void>): Promise<void>;
  /** Waits until at most so much is under way. Throws the first failure. */
  room(most: number): Promise<void>;
  readonly failed: boolean;
}

export function createLane(): Lane {
  const pending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  return {
    take(work) {
      const tracked = work.catch((error: unknown) => void (failure ??= { error })).finally(() => pending.delete(tracked));
      pending.add(tracked);
      return tracked;
    },
    async room(most) {
      while (pending.size > most && failure === undefined) await Promise.race(pending);
      if (failure === undefined) return;
      await Promise.all(pending);
      throw failure.error;
    },
    get failed() {
      return failure !== undefined;
    },
  };
}
