// Stop strings over streamed text: gives out what can no longer become part of one, and cuts at the first that is complete.

export interface StopScanner {
  /** Text that is safe to show. `stopped` once a stop string was found; what follows it is dropped. */
  push(text: string): { readonly text: string; readonly stopped: boolean };
  /** What was held back, at the end. */
  finish(): string;
}

export function createStopScanner(stops: readonly string[]): StopScanner {
  const wanted = stops.filter((stop) => stop.length > 0);
  let held = '';
  /** Length of the longest end of `text` that begins some stop string. */
  const pending = (text: string): number => {
    const longest = Math.min(text.length, Math.max(0, ...wanted.map((stop) => stop.length - 1)));
    for (let length = longest; length > 0; length--) {
      const end = text.slice(-length);
      if (wanted.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  };
  return {
    push(text) {
      held += text;
      const found = wanted.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
      if (found.length > 0) {
        const safe = held.slice(0, Math.min(...found));
        held = '';
        return { text: safe, stopped: true };
      }
      const keep = pending(held);
      const safe = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: safe, stopped: false };
    },
    finish() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
