// Waits until nothing else works on this machine, as far as the kernel's clocks tell.
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const windowMilliseconds = 200;
const quietShare = 0.1;

function clocks(): { busy: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** Returns the share of all cores that was busy in the last window: below a tenth, or what it was when `patience` seconds had passed. */
export async function waitForQuiet(patience: number): Promise<number> {
  const deadline = performance.now() + patience * 1000;
  for (;;) {
    const before = clocks();
    await sleep(windowMilliseconds);
    const after = clocks();
    const busy = (after.busy - before.busy) / Math.max(1, after.all - before.all);
    if (busy < quietShare || performance.now() > deadline) return busy;
  }
}
