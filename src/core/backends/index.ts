// The backend table, and the choice among its rows.
import type { Backend } from './backend.js';
import { native } from './native/index.js';
import { reference } from './reference/index.js';

export const backends = { native, reference } as const satisfies Record<string, Backend>;
export type BackendKey = keyof typeof backends;

/** The fastest backend that runs here. `slow` says why it is not a fast one. */
export function chooseBackend(): { readonly backend: Backend; readonly slow?: string } {
  const { text, problem } = native.describe();
  return text === undefined ? { backend: reference, slow: problem ?? 'no native backend' } : { backend: native };
}
