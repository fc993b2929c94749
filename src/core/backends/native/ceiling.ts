// What this machine's processor and memory reach at most, by the native addon's own loops.
import type { Ceiling } from '../backend.js';
import { loadAddon } from './addon.js';

/** Holds the JavaScript thread for the window. Null without an addon. */
export async function processorCeiling(what: Ceiling, threads: number, milliseconds: number): Promise<number | null> {
  return loadAddon()?.measure(what, threads, milliseconds) ?? null;
}
