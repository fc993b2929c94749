// Standard input: what kind it is, and its text. Says on stderr that it waits when nothing comes for two seconds.
import { fstatSync } from 'node:fs';
import { readError } from '../../core/jobs/system-errors.js';
import { decodeText, textLines } from './text-lines.js';

export type StandardInputKind = 'tty' | 'pipe' | 'file' | 'none';

export interface StandardInput {
  /** `none`: closed, or the null device. */
  readonly kind: StandardInputKind;
  /** True for a pipe or a file: something meant to be read. */
  readonly offered: boolean;
  /** All of it as UTF-8 text. `advice` stands beside the notice that it waits. */
  text(advice?: string): Promise<string>;
  /** Line by line, without line ends. */
  lines(): AsyncGenerator<string, void, void>;
}

const waitMilliseconds = 2000;

function stdinKind(): StandardInputKind {
  try {
    const facts = fstatSync(0);
    if (facts.isFIFO() || facts.isSocket()) return 'pipe';
    if (facts.isFile()) return 'file';
    return facts.isCharacterDevice() && process.stdin.isTTY ? 'tty' : 'none';
  } catch {
    return 'none';
  }
}

/** `say` prints a line on stderr; `signal` ends the reading. */
export function openStdin(say: (line: string) => void, signal: AbortSignal): StandardInput {
  const kind = stdinKind();
  const read = (advice = 'Ctrl-D ends it'): AsyncGenerator<Buffer, void, void> =>
    readBytes(() => say(`waiting for text on stdin (${advice})`), signal);
  return {
    kind,
    offered: kind === 'pipe' || kind === 'file',
    async text(advice) {
      const chunks: Buffer[] = [];
      for await (const chunk of read(advice)) chunks.push(chunk);
      return decodeText('stdin', Buffer.concat(chunks));
    },
    lines: () => textLines('stdin', read()),
  };
}

async function* readBytes(sayThatItWaits: () => void, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const notice = setTimeout(sayThatItWaits, waitMilliseconds);
  const stop = (): void => void process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of process.stdin) {
      clearTimeout(notice);
      yield chunk as Buffer;
    }
    // Half a text must not pass for a whole one.
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw readError('stdin', error, 'Give the text in another way');
  } finally {
    clearTimeout(notice);
    signal.removeEventListener('abort', stop);
    process.stdin.destroy();
  }
}
