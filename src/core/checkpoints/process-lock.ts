// One process at a time: a file that holds the number of the process that has it, which keeps it fresh. One that died, or has not done so for
// a minute, holds nothing.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LlmxError } from '../base/error.js';
import { diskError } from './write-file.js';

export interface Lock extends AsyncDisposable {
  /** Throws LlmxError `disk` where another process has it by now: this one was asleep for too long. */
  check(): Promise<void>;
}

const pauseMilliseconds = 200;
const freshenMilliseconds = 10_000;
const staleMilliseconds = 60_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Marks of the locks that this process holds. */
const held = new Set<string>();

/** The number of the process that holds a lock; 0 for one that is just being written. */
export async function holderOf(path: string): Promise<number | undefined> {
  const [text, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(() => [undefined, undefined] as const);
  if (text === undefined || facts === undefined) return undefined;
  const holder = Number.parseInt(text, 10) || 0;
  // One with our number that is not ours is of a process before us, as in a container that was started again.
  const lives = holder === 0 || (holder === process.pid ? held.has(text) : isAlive(holder));
  const isHeld = lives && Date.now() - facts.mtimeMs < staleMilliseconds;
  return isHeld ? holder : undefined;
}

function taken(path: string, mark: string): Lock {
  const timer = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => {});
  }, freshenMilliseconds);
  timer.unref();
  const isOurs = async (): Promise<boolean> => (await readFile(path, 'utf8').catch(() => '')) === mark;
  return {
    async check() {
      if (!(await isOurs())) throw new LlmxError('disk', `${path}: another process has taken over`, 'Run it again when that one is done');
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      held.delete(mark);
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

/** Takes the lock, or says who has it. */
export async function tryLock(path: string): Promise<Lock | { readonly holder: number }> {
  const mark = `${process.pid} ${randomBytes(8).toString('hex')}\n`;
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw diskError(path, error);
  }
  for (;;) {
    try {
      const handle = await open(path, 'wx');
      held.add(mark);
      await handle.writeFile(mark);
      await handle.close();
      return taken(path, mark);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(path, error);
    }
    const holder = await holderOf(path);
    if (holder !== undefined) return { holder };
    await rm(path, { force: true, recursive: true });
  }
}

/** Waits until no other process holds the lock. */
export async function lock(path: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    const found = await tryLock(path);
    if (!('holder' in found)) return found;
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    signal.throwIfAborted();
  }
}
