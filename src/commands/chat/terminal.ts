// The terminal while the screen has it: raw keys, bracketed paste, resizes. Whatever happens, it is given back as it was.
import { StringDecoder } from 'node:string_decoder';
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Key } from './keys.js';
import { createKeyDecoder } from './keys.js';
import { ScreenOutput } from './output.js';
import { backgroundQuestion } from './themes/background.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ScreenTerminal extends Disposable {
  readonly output: ScreenOutput;
  onKey(listener: (key: Key) => void): void;
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Nobody sits before the terminal any more. */
  onEnd(listener: () => void): void;
  /** Gives the terminal to another program, and takes it back. */
  leave(): void;
  enter(): void;
  /** Stops the process, as Ctrl-Z does in a shell; resolves when it goes on. */
  sleep(): Promise<void>;
  /** OSC 52. False for a terminal or a text that it is no use for. */
  copy(text: string): boolean;
}

const pasteOn = '\u001b[?2004h';
const pasteOff = '\u001b[?2004l';
/** Kitty's keyboard protocol, keys told apart: Shift+Enter. Only where it is known to be spoken. */
const keysOn = '\u001b[>1u';
const keysOff = '\u001b[<u';
const showCursor = '\u001b[?25h\u001b[?7h';
const endSynchronized = '\u001b[?2026l';

/** What comes so soon was typed before: until then the terminal makes line feeds of Enter. */
const typedBeforeMilliseconds = 250;

/** Passes when the process goes on. */
const wakeMilliseconds = 50;

/** Base64 characters that terminals take in one OSC 52. */
const longestCopy = 74_000;

const speaksKitty = ({ KITTY_WINDOW_ID, TERM = '', TERM_PROGRAM = '', TMUX }: Environment): boolean =>
  TMUX === undefined &&
  (KITTY_WINDOW_ID !== undefined || /kitty|ghostty|foot|alacritty|wezterm/i.test(TERM) || /^(WezTerm|ghostty|iTerm\.app)$/.test(TERM_PROGRAM));

const ends = ['end', 'close', 'error'] as const;

export function openTerminal(stdin: ReadStream, stdout: WriteStream, environment: Environment, asksBackground: boolean): ScreenTerminal {
  const output = new ScreenOutput(stdout, environment);
  const decoder = createKeyDecoder();
  const characters = new StringDecoder('utf8');
  const kitty = speaksKitty(environment);
  let keyListener: (key: Key) => void = () => {};
  let resizeListener: (columns: number, rows: number) => void = () => {};
  let endListener: () => void = () => {};
  let waiting: NodeJS.Timeout | undefined;
  let entered = false;
  let enteredAt = -Infinity;

  const emit = (keys: readonly Key[]): void => {
    for (const key of keys) keyListener(key);
  };
  const onData = (chunk: Buffer | string): void => {
    clearTimeout(waiting);
    const text = typeof chunk === 'string' ? chunk : characters.write(chunk);
    emit(decoder.push(performance.now() - enteredAt < typedBeforeMilliseconds ? text.replaceAll('\n', '\r') : text));
    const { waitMilliseconds } = decoder;
    if (waitMilliseconds !== undefined) waiting = setTimeout(() => emit(decoder.flush()), waitMilliseconds);
  };
  const onResize = (): void => {
    output.resized(output.columns, output.screenRows);
    resizeListener(output.columns, output.screenRows);
  };

  const enter = (): void => {
    if (entered) return;
    entered = true;
    stdin.setRawMode(true);
    enteredAt = performance.now();
    stdin.on('data', onData);
    stdin.resume();
    stdout.write(pasteOn + (kitty ? keysOn : ''));
  };
  /** A shell that stopped and woke the process has set the terminal up for itself. */
  const onWake = (): void => {
    if (!entered) return;
    leave();
    enter();
  };
  const onEnd = (): void => endListener();
  const restored = `${endSynchronized}${kitty ? keysOff : ''}${pasteOff}${showCursor}`;
  const leave = (): void => {
    if (!entered) return;
    entered = false;
    stdin.off('data', onData);
    stdin.pause();
    writeNow(stdout, restored);
    if (!stdin.destroyed) stdin.setRawMode(false);
  };

  // The last chance: a crash or an exit somewhere else.
  process.on('exit', leave);
  process.on('SIGCONT', onWake);
  stdout.on('resize', onResize);
  for (const event of ends) stdin.on(event, onEnd);
  enter();
  if (asksBackground) stdout.write(backgroundQuestion);
  return {
    output,
    onKey: (listener) => void (keyListener = listener),
    onResize: (listener) => void (resizeListener = listener),
    onEnd: (listener) => void (endListener = listener),
    enter,
    leave,
    sleep: () =>
      new Promise((resolve) => {
        if (process.platform === 'win32') return resolve();
        // The whole job, as a terminal does it. Where nobody could wake it, the system does not let it sleep.
        process.kill(0, 'SIGTSTP');
        setTimeout(resolve, wakeMilliseconds);
      }),
    copy(text) {
      const encoded = Buffer.from(text).toString('base64');
      if (encoded.length > longestCopy || environment.TERM === 'linux') return false;
      stdout.write(`\u001b]52;c;${encoded}\u0007`);
      return true;
    },
    [Symbol.dispose]() {
      clearTimeout(waiting);
      leave();
      process.off('exit', leave);
      process.off('SIGCONT', onWake);
      for (const event of ends) stdin.off(event, onEnd);
      stdout.off('resize', onResize);
    },
  };
}

/** At once, where that is possible: the process may be about to end. */
function writeNow(stdout: WriteStream & { readonly fd?: number }, text: string): void {
  try {
    writeSync(stdout.fd ?? 1, text);
  } catch {
    // A terminal that is gone needs nothing.
  }
}
