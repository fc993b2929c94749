// What Ink writes to: the terminal without the codes that would wipe it, and a frame that is found again after a resize.
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import type { Frame } from './views/frame.js';
import { frameLines } from './views/frame.js';
import type { Line } from './text/line.js';
import { cutLine, lineWidth, written } from './text/line.js';

/** Clearing the screen, its scrollback, or all of the terminal; and the way home that goes with it. */
// eslint-disable-next-line no-control-regex
const wiping = /\x1b\[[23]J|\x1b\[H|\x1bc/g;

/** How Ink erases a frame: down from the cursor to its end, then line by line to its top. */
// eslint-disable-next-line no-control-regex
const erasing = /(?:\x1b\[(\d+)B)?(?:\x1b\[1?G)?((?:\x1b\[2K\x1b\[1A)*\x1b\[2K)\x1b\[G/g;
/** A frame ends in the way to its cursor. */
// eslint-disable-next-line no-control-regex
const frameEnd = /\x1b\[\d+A\x1b\[\d+G\x1b\[\?25h$/;
const [wrapOff, wrapOn] = ['\u001b[?7l', '\u001b[?7h'];

/**
 * From the first row of a frame on. There is a row below it always, and what is below is erased from there: some terminals
 * take the erasing of all from the upper left corner for the clearing of a screen, and put it into their scrollback.
 */
const eraseBelow = '\r\u001b[2K\u001b[1B\u001b[0J\u001b[1A';

const move = (count: number, way: string): string => (count > 0 ? `\u001b[${count}${way}` : '');

/**
 * The same, right also where the terminal is narrower than anyone has been told yet: rows are counted from the cursor up, all
 * below is erased whatever it has become, and rows that no longer fit are cut by the terminal instead of folded.
 */
function steadfast(text: string): string {
  const relative = text.replace(erasing, (_, down: string | undefined, lines: string) => {
    const rows = lines.split('\u001b[2K').length - 2 - Number(down ?? 0);
    return `${move(rows, 'A')}${eraseBelow}`;
  });
  return frameEnd.test(relative) ? `${wrapOff}${relative}${wrapOn}` : relative;
}

/** Higher than any frame: Ink clears everything when a frame reaches the height of the screen. */
const noHeight = 100_000;

/** The frame on the screen, and the cursor in it. */
interface Drawn {
  readonly lines: readonly Line[];
  readonly x: number;
  readonly y: number;
}

export class ScreenOutput extends EventEmitter {
  readonly isTTY = true;
  readonly rows = noHeight;
  readonly #stream: WriteStream;
  /** Terminals that fold long lines anew when they become narrower, as nearly all do. */
  readonly #reflows: boolean;
  #drawn: Drawn = { lines: [], x: 0, y: 0 };
  #size: readonly [columns: number, rows: number];
  #held: string[] | undefined;
  /** A frame was written for another width than the terminal has: `resized` comes, and has to mend it. */
  #owed = false;

  constructor(stream: WriteStream, environment: Readonly<Record<string, string | undefined>>) {
    super();
    this.#stream = stream;
    const { XTERM_VERSION, TERM, TMUX } = environment;
    this.#size = [this.columns, this.screenRows];
    this.#reflows = TMUX !== undefined || (XTERM_VERSION === undefined && TERM !== 'linux');
  }

  /** Without a known size: 80 by 24. */
  get columns(): number {
    return this.#stream.columns || 80;
  }
  get screenRows(): number {
    return this.#stream.rows || 24;
  }
  get writable(): boolean {
    return this.#stream.writable;
  }
  get writableEnded(): boolean {
    return this.#stream.writableEnded;
  }
  get writableLength(): number {
    return this.#stream.writableLength;
  }
  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  write(text: string, done?: () => void): boolean {
    const kept = steadfast(text.replace(wiping, ''));
    if (this.#held !== undefined) {
      this.#held.push(kept);
      done?.();
      return true;
    }
    return this.#stream.write(kept, done);
  }

  /** While the terminal is someone else's, what is written waits. */
  hold(): void {
    this.#held ??= [];
  }
  release(): void {
    const waiting = this.#held?.join('') ?? '';
    this.#held = undefined;
    if (waiting !== '') this.#stream.write(waiting);
  }

  /** Told of every frame before Ink writes it. The terminal may have another size already, of which no event has come yet. */
  drawn(frame: Frame): void {
    const [columns = 0, rows = 0] = this.#stream.getWindowSize?.() ?? [];
    if (columns > 0 && rows > 0 && (columns < this.#size[0] || rows < this.#size[1])) {
      this.resized(columns, rows);
      this.#owed = true;
    }
    const lines = frameLines(frame);
    this.#drawn = { lines, ...(frame.cursor ?? { x: 0, y: lines.length }) };
  }

  /**
   * The screen has another size. Where that is smaller, the terminal may have folded rows of the frame or moved them: they are
   * erased and written again, as many as Ink believes to be there, with the cursor where it believes it to be.
   */
  resized(columns: number, rows: number): void {
    const [wasColumns, wasRows] = this.#size;
    this.#size = [columns, rows];
    const { lines, x, y } = this.#drawn;
    const fits = columns >= wasColumns && rows >= wasRows && !this.#owed;
    this.#owed = false;
    if (lines.length === 0 || fits) return;
    const height = (line: Line): number => (this.#reflows ? Math.max(1, Math.ceil(lineWidth(line) / columns)) : 1);
    const up = lines.slice(0, y).reduce((sum, line) => sum + height(line), 0) + (this.#reflows ? Math.floor(x / columns) : 0);
    const frame = lines.map((line) => `${written(cutLine(line, columns))}\n`).join('');
    this.write(`${move(up, 'A')}${eraseBelow}${frame}${move(lines.length - y, 'A')}${move(x, 'C')}`);
  }
}
