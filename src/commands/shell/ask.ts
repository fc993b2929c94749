// A question with yes or no, on the terminal; never where nobody sits.
import { createInterface } from 'node:readline';
import { LlmxError } from '../../core/base/error.js';
import type { Context } from './context.js';

type Asked = Pick<Context, 'global' | 'terminal' | 'stdin' | 'signal'>;

/** True for yes. -y answers; without it and without a terminal, or with --no-input, nothing can, which is an error of usage. */
export async function askYes(question: string, { global: { yes, input }, terminal: { stderr }, stdin, signal }: Asked): Promise<boolean> {
  if (yes) return true;
  if (!input || stdin.kind !== 'tty' || !stderr.tty) throw new LlmxError('usage', `${question} Nobody is here to say yes`, 'Pass -y to say it');
  // Without `terminal` the system keeps the line, and Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
      lines.question(`${question} [y/N] `, resolve);
    });
    signal.throwIfAborted();
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
    process.stdin.unref();
  }
}
