// Standard input: what kind it is, and its text. Says on stderr that it waits when nothing comes for two seconds.
import { fstatSync } from 'node:fs';
import { LlmxError } from '../../core/base/error.js';

export type StandardInputKind = 'tty' | 'pipe' | 'file' | 'none';

export interface StandardInput {
  /** `none`: closed, or the null device. */
  readonly kind: StandardInputKind;
  /** True for a pipe or a file: something meant to be read. */
  readonly offered: boolean;
  /** All of it as UTF-8 text. */
  text(): Promise<string>;
  /** Line by line, without line ends. */
  lines(): AsyncGenerator<string, void, void>;
}

const waitMilliseconds = 2000;

export function stdinKind(): StandardInputKind {
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
  return {
    kind,
    offered: kind === 'pipe' || kind === 'file',
    async text() {
      const chunks: Buffer[] = [];
      for await (const chunk of read(say, signal)) chunks.push(chunk);
      return decode(Buffer.concat(chunks));
    },
    async *lines() {
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of read(say, signal)) {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          yield decode(rest.subarray(0, end)).replace(/\r$/, '');
          rest = rest.subarray(end + 1);
        }
      }
      if (rest.length > 0) yield decode(rest);
    },
  };
}

async function* read(say: (line: string) => void, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const notice = setTimeout(
    () => say('waiting for text on stdin (end it with Ctrl-D, or use --no-stdin where the command has it)'),
    waitMilliseconds,
  );
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
    const { code, message } = error as NodeJS.ErrnoException;
    signal.throwIfAborted();
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw new LlmxError('unreadable', `stdin: ${message}`, '', { cause: error });
  } finally {
    clearTimeout(notice);
    signal.removeEventListener('abort', stop);
    process.stdin.destroy();
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    throw new LlmxError('malformed', 'stdin: not UTF-8 text', 'Convert it first, for example with iconv -t utf-8', { cause: error });
  }
}
