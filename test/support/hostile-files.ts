// A folder for one test file, removed after its tests, and how a file that lies must be refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { ErrorCode } from '../../src/core/base/error.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { decodeTensor } from '../../src/core/checkpoints/read-tensor.js';

/** Returns a function that writes a file (and its folders) inside, and returns the path. */
export function temporaryFolder(): (name: string, contents: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'llmx-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name, contents) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
    return path;
  };
}

/** The LlmxError-like fields of what a promise throws, or undefined when it does not. */
export const failure = async (promise: Promise<unknown>): Promise<{ name: string; code: unknown; message: string; hint: unknown } | undefined> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => {
      const error = thrown as Error & { code?: unknown; hint?: unknown };
      return { name: error.name, code: error.code, message: error.message, hint: error.hint };
    },
  );

const foreseen: readonly ErrorCode[] = ['malformed', 'unsupported', 'not-found', 'unreadable'];
const mostMilliseconds = 6000; // of one file on a busy machine; an idle one takes a few, and what is not linear takes minutes
const mostMegabytes = 400;

/** Fails the file's tests when they took more memory than a header may. */
export function watchMemory(): void {
  const before = process.resourceUsage().maxRSS;
  afterAll(() => expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(mostMegabytes));
}

/** Opens and, where that works, decodes; returns the error. Fails on an exception that nobody foresaw, and on slowness. */
export async function attempt(path: string): Promise<Awaited<ReturnType<typeof failure>>> {
  const start = performance.now();
  const error = await failure(
    (async () => {
      const { tensors } = await openCheckpoint(path);
      for (const tensor of [...tensors.values()].slice(0, 8)) await decodeTensor(tensor);
    })(),
  );
  expect(performance.now() - start, `milliseconds for ${basename(path)}`).toBeLessThan(mostMilliseconds);
  if (error !== undefined) {
    expect(error, `${error.name}: ${error.message}`).toMatchObject({ name: 'LlmxError' });
    expect(foreseen, error.message).toContain(error.code);
    expect(error.message).not.toMatch(/[\0-\x1f\x7f]/);
  }
  return error;
}

export async function refuse(path: string, code: string, message: RegExp): Promise<void> {
  const error = await attempt(path);
  expect(error, 'it was accepted').toBeDefined();
  expect(error!.message).toMatch(message);
  expect(error!.code).toBe(code);
}
