// One value that changes and those that want to know. Knows no React.

export interface Store<State> {
  get(): State;
  change(patch: Partial<State>): void;
  /** The same, of which listeners are told with the next change, or 40 ms later. */
  soon(patch: Partial<State>): void;
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

const soonMilliseconds = 40;

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  let timer: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();
  const take = (patch: Partial<State>): boolean => {
    const isNew = (Object.keys(patch) as (keyof State)[]).some((key) => !Object.is(patch[key], state[key]));
    if (isNew) state = { ...state, ...patch };
    return isNew;
  };
  const tell = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    change(patch) {
      if (take(patch)) tell();
    },
    soon(patch) {
      if (take(patch)) timer ??= setTimeout(tell, soonMilliseconds);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
