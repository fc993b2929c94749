// Lines that a user types into a terminal whose own line editing is on: no raw mode, nothing is redrawn.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export interface Lines {
  /** The next line; undefined at the end of the input (Ctrl-D). Rejects when the signal aborts. */
  next(): Promise<string | undefined>;
  /** The next and all later calls of `next` give undefined. */
  end(): void;
  close(): void;
}

/** Lines that come so soon one after the other were pasted: together they are one. */
const pasteMilliseconds = 20;

/** Commands, and what has its own way to be more than a line. */
const standsAlone = (line: string): boolean => line.startsWith('/') || line.endsWith('\\') || line.includes('"""');

export function openLines(input: NodeJS.ReadableStream, signal: AbortSignal): Lines {
  const reader = createInterface({ input, terminal: false, crlfDelay: Infinity });
  const waiting: string[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  const end = (): void => {
    isOver = true;
    wake?.();
  };
  let arrived = -Infinity;
  const isQuiet = (): boolean => performance.now() - arrived >= pasteMilliseconds;
  reader.on('line', (line) => {
    const last = waiting.at(-1);
    if (last === undefined || isQuiet() || standsAlone(last) || standsAlone(line)) waiting.push(line);
    else waiting[waiting.length - 1] = `${last}\n${line}`;
    arrived = performance.now();
    wake?.();
  });
  reader.on('close', end);
  input.on('error', end);
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort);
  return {
    async next() {
      while (waiting.length === 0 && !isOver && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      while (!isQuiet() && !isOver && !signal.aborted) await pause(pasteMilliseconds);
      signal.throwIfAborted();
      return isOver && waiting.length === 0 ? undefined : waiting.shift();
    },
    end() {
      waiting.length = 0;
      end();
    },
    close() {
      signal.removeEventListener('abort', onAbort);
      reader.close();
    },
  };
}

/** One message: a line, lines that end in a backslash with the next, or all between two lines of `"""`. `ask` shows a prompt. */
export async function readMessage(lines: Lines, ask: (goesOn: boolean) => Promise<void>): Promise<string | undefined> {
  await ask(false);
  const first = await lines.next();
  if (first === undefined) return undefined;
  const quotes = '"""';
  const parts: string[] = [];
  const isBlock = first.trimStart().startsWith(quotes);
  let line = isBlock ? first.trimStart().slice(quotes.length) : first;
  const isLast = (): boolean => (isBlock ? line.trimEnd().endsWith(quotes) : !line.endsWith('\\'));
  while (!isLast()) {
    parts.push(isBlock ? line : line.slice(0, -1));
    await ask(true);
    const next = await lines.next();
    if (next === undefined) return parts.join('\n');
    line = next;
  }
  parts.push(isBlock ? line.trimEnd().slice(0, -quotes.length) : line);
  return parts.join('\n');
}
