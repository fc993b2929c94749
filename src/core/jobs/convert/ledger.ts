// Writes roles into the journal, some at a time, each after its bytes are on the disk.
import type { Checksums, Journal } from './journal.js';
import type { Targets } from './targets.js';

export interface Ledger {
  /** A role whose writes are all over. */
  add(role: string, bytes: number, checksums: Checksums): void;
  /** Writes what waits, however little it is: at the end, and before the work is given up. Never rejects. */
  flush(): Promise<void>;
  /** Settles when nothing is being flushed; throws what a flush failed with. */
  settle(): Promise<void>;
}

/** `syncBytes`: what may be lost to a kill, and written again. */
export function createLedger(targets: Pick<Targets, 'sync'>, journal: Pick<Journal, 'finish'>, syncBytes: number): Ledger {
  let waiting: (readonly [role: string, checksums: Checksums])[] = [];
  let bytes = 0;
  let flushing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const flush = async (least: number): Promise<void> => {
    while (waiting.length > 0 && bytes >= least) {
      const roles = waiting;
      waiting = [];
      bytes = 0;
      await targets.sync();
      for (const [role, checksums] of roles) await journal.finish(role, checksums);
    }
  };
  return {
    add(role, more, checksums) {
      waiting.push([role, checksums]);
      bytes += more;
      flushing ??= flush(syncBytes)
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => (flushing = undefined));
    },
    async flush() {
      await flushing;
      if (failure === undefined) await flush(0).catch(() => {});
    },
    async settle() {
      await flushing;
      if (failure !== undefined) throw failure.error;
    },
  };
}
