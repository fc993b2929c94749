// Signals: 130 and 143, soon, also while the command waits for stdin.
import type { ChildProcess } from 'node:child_process';
import { expect, test } from 'vitest';
import { llmx } from '../support/llmx.js';

/** Sends `signal` once the command has said that it waits for stdin; gives the time from the signal to the end. */
async function signalled(signal: NodeJS.Signals): Promise<{ code: number | null; milliseconds: number; stdout: string; stderr: string }> {
  let sent = 0;
  const result = await llmx(['tokenize', '--json'], {
    input: 'open',
    started: (child: ChildProcess) =>
      child.stderr!.on('data', (text: string) => {
        if (!text.includes('waiting')) return;
        sent = performance.now();
        child.kill(signal);
      }),
  });
  return { code: result.code, milliseconds: performance.now() - sent, stdout: result.stdout, stderr: result.stderr };
}

test.each([
  ['SIGINT', 130, 'interrupted'],
  ['SIGTERM', 143, 'terminated'],
] as const)('%s while waiting for stdin is %i', async (signal, status, code) => {
  const { code: found, milliseconds, stdout, stderr } = await signalled(signal);
  expect(found).toBe(status);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code, exit: status } });
  expect(stderr).toMatch(/^waiting for text on stdin/);
  // The promise is 200 ms on an idle machine; the tests may run beside others.
  expect(milliseconds).toBeLessThan(1000);
  console.log(`${signal} to exit: ${milliseconds.toFixed(0)} ms`);
});
