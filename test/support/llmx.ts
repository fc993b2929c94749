// Runs the built command line as a user would, in a folder and a home of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../../bin/llmx.js', import.meta.url));
export const storyteller = fileURLToPath(new URL('../../fixtures/storyteller/storyteller-q8_0.gguf', import.meta.url));

/** A folder for one test file: the working directory and the home of llmx. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'llmx-test-'));

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface RunOptions {
  /** Text for stdin; without it stdin is the null device, `open` leaves a pipe open and empty. */
  readonly input?: string | 'open';
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Called as soon as the process runs. */
  readonly started?: (child: ChildProcess) => void;
}

/** The environment that all runs share: no colour, no settings of the user's own. */
function environmentOf(folder: string, more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(LLMX_|FORCE_COLOR|NO_COLOR|CLICOLOR|CI$)/.test(name) || name === 'LLMX_TEST_DATA'),
  );
  // No test asks the real hub.
  return { ...inherited, HF_HUB_OFFLINE: '1', LLMX_HOME: join(folder, 'home'), ...more };
}

export function llmx(args: readonly string[], { input, environment = {}, folder = tmpdir(), started }: RunOptions = {}): Promise<Result> {
  return finish(
    spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: environmentOf(folder, environment),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    }),
    input,
    started,
  );
}

/** A line for bash, in which `llmx` is the built bin. */
export function shell(line: string, { input, environment = {}, folder = tmpdir(), started }: RunOptions = {}): Promise<Result> {
  const script = `llmx() { "${process.execPath}" "${bin}" "$@"; }\n${line}`;
  return finish(
    spawn('bash', ['-c', script], {
      cwd: folder,
      env: environmentOf(folder, environment),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    }),
    input,
    started,
  );
}

/** Whether `onTerminal` works here: util-linux has the `script` that it needs. */
export const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

export const withoutTerminal = hasTerminal ? '' : ' (skipped: no `script` of util-linux here)';

interface Typing {
  readonly typed?: string;
  readonly prompt?: RegExp;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a terminal of `columns` columns is sent: stdout and stderr together, stdin a terminal as well, on which `typed` is typed as soon as `prompt` shows. */
export async function onTerminal(
  args: readonly string[],
  columns = 80,
  folder = tmpdir(),
  { typed = '', prompt, environment = {} }: Typing = {},
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const words = [process.execPath, bin, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${words}`, '/dev/null'], {
    cwd: folder,
    env: environmentOf(folder, { TERM: 'xterm', SHELL: '/bin/sh', ...environment }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let seen = '';
  let isTyped = prompt === undefined;
  child.stdout.on('data', (chunk: Buffer | string) => {
    seen += String(chunk);
    if (isTyped || !prompt!.test(seen)) return;
    isTyped = true;
    child.stdin.write(typed);
  });
  const { code, stdout } = await finish(child, undefined, undefined);
  return { code, screen: stdout.replaceAll('\r\n', '\n') };
}

function finish(child: ChildProcess, input: string | undefined, started: ((child: ChildProcess) => void) | undefined): Promise<Result> {
  const begin = performance.now();
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  if (input !== undefined && input !== 'open') child.stdin!.end(input);
  child.stdin?.on('error', () => {});
  started?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, milliseconds: performance.now() - begin }));
  });
}

/** Resolves after `milliseconds`. */
export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
