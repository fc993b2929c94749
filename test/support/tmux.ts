// A real terminal for tests: a program in tmux, its screen as text, and every byte that it wrote.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;
export const withoutTmux = hasTmux ? '' : ' (skipped: no tmux here)';

export interface Pane extends Disposable {
  /** Keys by tmux's names, or text: `Enter`, `C-c`, `hello`. */
  keys(...keys: readonly string[]): void;
  /** A bracketed paste, where the program has asked for that. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  /** The rows of the screen, without empty ones at the end. */
  screen(): string;
  /** The same with all that has scrolled off. */
  all(): string;
  /** Waits until the screen is as wanted. Throws with the screen as it is. */
  until(wanted: (screen: string) => boolean, what: string): Promise<string>;
  /** Everything that was written to the terminal, as soon as `last` is among it: the log comes after the screen. Throws with the log as it is. */
  bytes(last: string): Promise<string>;
}

const longestWait = 15_000;

export function openPane(command: string, environment: Readonly<Record<string, string>>, columns = 80, rows = 24): Pane {
  const folder = mkdtempSync(join(tmpdir(), 'llmx-tmux-'));
  const log = join(folder, 'bytes');
  const socket = join(folder, 'socket');
  // Neither the user's settings nor the marks of a CI that would change what programs show.
  const { CI: _ci, TMUX: _tmux, NO_COLOR: _no, FORCE_COLOR: _force, COLORFGBG: _background, ...inherited } = process.env;
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', '-u', ...args], { encoding: 'utf8', env: { ...inherited, ...environment } });
  const words = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  // The log begins before the program does.
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), `sleep 0.3; env ${words.join(' ')} ${command}; sleep 1000`);
  tmux('pipe-pane', `cat > '${log}'`);
  /** Asks until there is an answer. Throws what `failure` says. */
  const poll = async <T>(ask: () => T | undefined, failure: () => string): Promise<T> => {
    const deadline = performance.now() + longestWait;
    for (;;) {
      const answer = ask();
      if (answer !== undefined) return answer;
      if (performance.now() > deadline) throw new Error(failure());
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  const capture = (...args: readonly string[]): string => tmux('capture-pane', '-p', ...args).replace(/\s+$/, '');
  return {
    keys: (...keys) => void tmux('send-keys', ...keys),
    paste(text) {
      const file = join(folder, 'paste');
      writeFileSync(file, text);
      tmux('load-buffer', file);
      tmux('paste-buffer', '-p');
    },
    resize: (width, height) => void tmux('resize-window', '-x', String(width), '-y', String(height)),
    screen: () => capture(),
    all: () => capture('-S', '-'),
    until(wanted, what) {
      let screen = '';
      return poll(
        () => (wanted((screen = capture())) ? screen : undefined),
        () => `${what}: the screen shows\n${screen}`,
      );
    },
    bytes(last) {
      let bytes = '';
      return poll(
        () => ((bytes = readFileSync(log, 'latin1')).includes(last) ? bytes : undefined),
        () => `${last} was not written: ${JSON.stringify(bytes)}`,
      );
    },
    [Symbol.dispose]() {
      spawnSync('tmux', ['-S', socket, 'kill-server']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
