// One process at a time: a file that holds the number of the process that has it. One that died holds nothing.
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError } from './write-file.js';

const pause = 200;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The number of the process that holds a lock, if it lives; 0 for one that is just being written. */
export async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const holder = Number(text ?? NaN);
  return text === undefined || (holder > 0 && !isAlive(holder)) ? undefined : holder;
}

/** Takes the lock, or says who has it. */
export async function tryLock(path: string): Promise<AsyncDisposable | { readonly holder: number }> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw diskError(path, error);
  }
  for (;;) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(path, error);
    }
    const holder = await holderOf(path);
    if (holder !== undefined) return { holder };
    await rm(path, { force: true });
  }
}

/** Waits until no other process holds the lock. */
export async function lock(path: string, signal: AbortSignal): Promise<AsyncDisposable> {
  for (;;) {
    const taken = await tryLock(path);
    if (!('holder' in taken)) return taken;
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal.throwIfAborted();
  }
}
