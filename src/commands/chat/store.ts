// One value that changes and those that want to know. Knows no React.

export interface Store<State> {
  get(): State;
  change(patch: Partial<State>): void;
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    change(patch) {
      const isNew = (Object.keys(patch) as (keyof State)[]).some((key) => !Object.is(patch[key], state[key]));
      if (!isNew) return;
      state = { ...state, ...patch };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
