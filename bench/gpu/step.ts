// One child process under a time limit: asked to stop with SIGINT, so that it may print what it has, then killed.
import { spawn } from 'node:child_process';

export interface Step {
  readonly stdout: string;
  readonly seconds: number;
  /** Why it did not do its work; undefined when it did. */
  readonly problem: string | undefined;
  readonly status: number;
}

const graceSeconds = 8;

/** The line that says most, of what a failing process wrote. */
function reasonOf(stderr: string): string | undefined {
  const lines = stderr.split('\n').map((line) => line.trim());
  const named = lines.findLast((line) => /^(?:error|(?:\w+)?Error(?: \[\w+\])?): /.test(line));
  return (named ?? lines.findLast((line) => line !== ''))?.replace(/^error: /i, '');
}

/** `words`: a script with its arguments, for this Node. */
export async function runStep(words: readonly string[], seconds: number): Promise<Step> {
  const since = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr, isLate] = ['', '', false];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-20_000)));
  const timers = [
    setTimeout(() => (isLate = child.kill('SIGINT')), seconds * 1000),
    setTimeout(() => child.kill('SIGKILL'), (seconds + graceSeconds) * 1000),
  ];
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('error', ({ message }) => (stderr += `\nerror: ${message}`));
    child.on('close', (...end) => resolve(end));
  });
  timers.forEach(clearTimeout);
  const taken = (performance.now() - since) / 1000;
  const done = { stdout, seconds: taken, status: status ?? 1 };
  if (isLate) return { ...done, problem: `stopped after ${taken.toFixed(0)} s` };
  if (status === 0) return { ...done, problem: undefined };
  return { ...done, problem: reasonOf(stderr) ?? `ended with ${signal ?? status}` };
}
