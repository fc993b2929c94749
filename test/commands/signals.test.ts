// Signals: 130 and 143, soon, also while the command waits for stdin.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
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
  expect(stderr).toMatch(new RegExp(`^model: .*\nwaiting for text on stdin .*\n${code}\n$`));
  // The promise is 200 ms on an idle machine; the tests may run beside others.
  expect(milliseconds).toBeLessThan(1000);
  console.log(`${signal} to exit: ${milliseconds.toFixed(0)} ms`);
});

test.skipIf(process.platform === 'win32')('a terminal that is gone ends the command cleanly, then by its signal (skipped on Windows)', async () => {
  const { code, stdout } = await signalled('SIGHUP');
  expect(code).toBeNull();
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'terminated' } });
});

test('SIGINT ends a pattern that never would', async () => {
  let sent = 0;
  const { code, stderr } = await llmx(['inspect', '--tensors', '^(\\w*\\w*\\w*\\w*)*!'], {
    started: (child: ChildProcess) =>
      child.stderr!.on('data', (text: string) => {
        if (text.includes('model:'))
          setTimeout(() => {
            sent = performance.now();
            child.kill('SIGINT');
          }, 800);
      }),
  });
  expect(code).toBe(130);
  expect(stderr.split('\n').slice(1)).toEqual(['interrupted', '']);
  expect(performance.now() - sent).toBeLessThan(1000);
});

test('the same Ctrl-C twice is one; a second one ends the process although JavaScript is stuck', async () => {
  const script = `
    import { watchSignals } from ${JSON.stringify(new URL('../../src/commands/shell/signals.ts', import.meta.url).href)};
    const { signal } = watchSignals();
    setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => setTimeout(() => { console.log('stuck'); for (;;); }, 150));
    process.kill(process.pid, 'SIGINT');
    process.kill(process.pid, 'SIGINT');
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    child.kill('SIGINT');
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => child.on('close', (...ends) => resolve(ends)));
  expect({ output, code, signal }).toEqual({ output: 'stuck\n', code: null, signal: 'SIGINT' });
});
