// The chat screen in a real terminal, as a user drives it: what stands there, what scrolled off, and what was never written.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pane } from '../../support/tmux.js';
import { hasTmux, openPane, withoutTmux } from '../../support/tmux.js';

const built = mkdtempSync(join(tmpdir(), 'llmx-chat-demo-'));
const panes: Pane[] = [];

beforeAll(async () => {
  const { bundle } = (await import(new URL('../../../scripts/build.mjs', import.meta.url).href)) as {
    bundle: (entries: Readonly<Record<string, string>>, out: string) => Promise<number>;
  };
  if (hasTmux) await bundle({ 'chat-demo': 'test/support/chat-demo.ts' }, built);
});
afterAll(() => panes.forEach((pane) => pane[Symbol.dispose]()));

const freshHome = (): string => mkdtempSync(join(tmpdir(), 'llmx-home-'));
/** Lets a long reply of the screen that has this home go on behind its 20th line. */
const letGo = (home: string): void => writeFileSync(join(home, 'go'), '');

function start(environment: Readonly<Record<string, string>> = {}, columns = 80, rows = 24): Pane {
  const home = freshHome();
  const pane = openPane(`'${process.execPath}' '${join(built, 'chat-demo.js')}'`, { LLMX_HOME: home, ...environment }, columns, rows);
  panes.push(pane);
  return pane;
}

/** Speeds and times are never the same twice. */
const steady = (screen: string): string =>
  screen
    .replace(/\d+\.\d tok\/s/, 'N tok/s')
    .replace(/first \d\.\d\d s/, 'first N s')
    .replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, '*');
const idle = (screen: string): boolean => screen.includes('> Message, or /help') && !screen.includes('Esc stops');

/** Nothing that wipes, and all modes that were switched on are off again. */
function expectClean(bytes: string): void {
  // eslint-disable-next-line no-control-regex
  expect(bytes).not.toMatch(/\x1b\[[23]J|\x1bc|\x1b\[\?1049h/);
  // Frames are erased from the cursor's row, never from the bottom up: below it the terminal may have folded rows.
  expect(bytes).not.toContain('\u001b[2K\u001b[1A\u001b[2K');
  expect(bytes.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(bytes.lastIndexOf('\u001b[?2004h'));
  expect(bytes.lastIndexOf('\u001b[?25h')).toBeGreaterThan(bytes.lastIndexOf('\u001b[?25l'));
}

test.skipIf(!hasTmux).concurrent(`start, talk, stop, paste of 200 lines, leave${withoutTmux}`, async () => {
  const pane = start({ LLMX_DEMO_LOAD: '600' });
  await pane.until((screen) => screen.includes('loading the model'), 'the prompt stands while the model loads');
  pane.keys('hello');
  await pane.until((screen) => screen.includes('> hello'), 'keys are taken while the model loads');
  pane.keys('Enter');
  expect(steady(await pane.until((screen) => idle(screen) && screen.includes('• two'), 'the reply'))).toBe(
    [
      ...['> hello', '', 'Hello! This is bold and code.', '', '• one', '• two', ''],
      ...['> Message, or /help', 'model-Q4_K_M.gguf · Q4_K · cpu · 17/2048 tokens · N tok/s · first N s'],
    ].join('\n'),
  );

  pane.keys('long', 'Enter');
  await pane.until((screen) => screen.includes('12. line'), 'a long reply streams');
  pane.keys('Escape');
  expect(await pane.until((screen) => idle(screen) && screen.includes('stopped'), 'Esc stops')).toMatch(
    /line \d+[^]*\n\nstopped\n\n> Message, or \/help\n/,
  );

  pane.paste(Array.from({ length: 200 }, (_, line) => `pasted line ${line}\n`).join(''));
  await pane.until((screen) => screen.includes('> [pasted 200 lines]'), 'a paste is folded');
  pane.keys('Enter');
  await pane.until((screen) => screen.includes('characters in 200 lines.'), 'and sent whole');

  pane.keys('C-c');
  await pane.until((screen) => screen.includes('Ctrl-C again leaves'), 'one Ctrl-C stays');
  pane.keys('C-c');
  const last = await pane.until((screen) => screen.includes('left with'), 'the second leaves');
  expect(last).toMatch(/characters in 200 lines\.\n\nleft with 130 after 3 turns, session session-1$/);
  expect(pane.all()).toMatch(/^> hello\n/);
  expectClean(await pane.bytes('left with'));
});

test.skipIf(!hasTmux).concurrent(`what was typed before the program ran is sent${withoutTmux}`, async () => {
  const pane = start();
  pane.keys('hello', 'Enter');
  await pane.until((screen) => idle(screen) && screen.includes('• two'), 'the reply');
  pane.keys('C-d');
  await pane.until((screen) => screen.includes('left with 0'), 'left');
});

test.skipIf(!hasTmux).concurrent(`to 40 columns and back, in the middle of a reply${withoutTmux}`, async () => {
  const home = freshHome();
  const pane = start({ LLMX_DEMO_RATE: '150', LLMX_HOME: home });
  await pane.until(idle, 'start');
  pane.keys('long', 'Enter');
  await pane.until((screen) => screen.includes('10. line'), 'a long reply streams');
  pane.resize(40, 24);
  await pane.until((screen) => /\d+ tok|\d+\/2048 tokens$/m.test(screen) && !screen.includes('Q4_K ·'), 'the status line is short');
  for (const line of pane.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  pane.resize(80, 24);
  letGo(home);
  await pane.until((screen) => idle(screen) && screen.includes('60. line 60'), 'it ends');
  const lines = pane
    .all()
    .split('\n')
    .filter((line) => line !== '');
  expect(lines.slice(0, -2)).toEqual(['> long', ...Array.from({ length: 60 }, (_, line) => `${line + 1}. line ${line + 1} of a long reply`)]);
  expect(lines.at(-2)).toBe('> Message, or /help');
  pane.keys('C-d');
  await pane.until((screen) => screen.includes('left with 0'), 'Ctrl-D leaves');
  expectClean(await pane.bytes('left with'));
});

test.skipIf(!hasTmux).concurrent(`a screen of 8 rows, of 4, and back: what was said is still there${withoutTmux}`, async () => {
  const pane = start();
  await pane.until(idle, 'start');
  pane.keys('hello', 'Enter');
  await pane.until((screen) => idle(screen) && screen.includes('• two'), 'the reply');
  pane.resize(80, 8);
  await pane.until(idle, '8 rows');
  pane.resize(10, 4);
  await pane.until((screen) => screen.includes('model-Q4_…'), '4 rows');
  pane.resize(80, 24);
  await pane.until(idle, '24 rows');
  expect(pane.all()).toContain('Hello! This is bold and code.\n\n• one\n• two\n');
  pane.keys('long', 'Enter');
  await pane.until((screen) => screen.includes('10. line'), 'and it goes on');
  pane.keys('C-c', 'C-c');
  await pane.until((screen) => screen.includes('left with 130'), 'Ctrl-C stops, and leaves');
  expectClean(await pane.bytes('left with'));
});

test
  .skipIf(!hasTmux)
  .concurrent(`hostile replies show their codes, /help is taller than the screen, Ctrl+L keeps the scrollback${withoutTmux}`, async () => {
    const pane = start({}, 60, 10);
    await pane.until(idle, 'start');
    pane.keys('hostile', 'Enter');
    await pane.until((screen) => screen.includes('before \\u001b[2J\\u001b[3J\\u001b]0;title\\u0007 after'), 'codes are text');
    pane.keys('/help', 'Enter');
    await pane.until((screen) => screen.includes('A leading space'), 'help');
    pane.keys('C-l');
    await pane.until(idle, 'redrawn');
    expect(pane.all()).toMatch(/> hostile[^]*> \/help\n\n\/help \[command\][^]*\/exit, \/quit, \/bye[^]*Ctrl\+Z[^]*A leading space/);
    pane.keys('/bye', 'Enter');
    await pane.until((screen) => screen.includes('left with 0'), '/bye leaves');
    expectClean(await pane.bytes('left with'));
  });

test
  .skipIf(!hasTmux)
  .concurrent(`no colour where NO_COLOR is set; the history outlives the screen; an editor gets the terminal${withoutTmux}`, async () => {
    const home = freshHome();
    const edit = join(home, 'edit.sh');
    const environment = { NO_COLOR: '1', LLMX_HOME: home, EDITOR: `sh ${edit}` };
    writeFileSync(edit, 'stty -a | grep -o -- "-*icanon" > "$LLMX_HOME/mode"; echo edited >> "$1"\n');
    const pane = start(environment);
    await pane.until(idle, 'start');
    pane.keys('hello', 'Enter');
    await pane.until((screen) => idle(screen) && screen.includes('• two'), 'the reply');
    pane.keys('C-g');
    await pane.until((screen) => screen.includes('> edited'), 'what the editor wrote');
    expect(readFileSync(join(home, 'mode'), 'utf8').trim()).toBe('icanon');
    pane.keys('C-c');
    await pane.until(idle, 'cleared');
    pane.keys('C-d');
    await pane.until((screen) => screen.includes('left with 0'), 'left');
    const bytes = await pane.bytes('left with');
    // eslint-disable-next-line no-control-regex
    expect(bytes).not.toMatch(/\x1b\[(?:[0-9;]*)m/);
    expectClean(bytes);
    const again = start(environment);
    await again.until(idle, 'start');
    again.keys('Up');
    await again.until((screen) => screen.includes('> hello'), 'the history');
    again.keys('C-c', 'C-c', 'C-c');
    await again.until((screen) => screen.includes('left with 130'), 'left');
  });

test.skipIf(!hasTmux).concurrent(`Ctrl+Z stops the job, and it goes on where it was${withoutTmux}`, async () => {
  const home = freshHome();
  const pane = openPane(`bash --norc -i`, { LLMX_HOME: home, PS1: 'shell. ' });
  panes.push(pane);
  await pane.until((screen) => screen.includes('shell.'), 'a shell');
  pane.keys(`'${process.execPath}' '${join(built, 'chat-demo.js')}'`, 'Enter');
  await pane.until(idle, 'start');
  pane.keys('draft', 'C-z');
  await pane.until((screen) => screen.includes('Stopped'), 'stopped');
  pane.keys('echo in the $((1+1))nd shell', 'Enter');
  await pane.until((screen) => screen.includes('in the 2nd shell'), 'the shell has the terminal');
  pane.keys('fg', 'Enter');
  await pane.until((screen) => screen.includes('> draft'), 'the draft is there');
  pane.keys('ed', 'C-a', 'my ');
  await pane.until((screen) => screen.includes('> my drafted'), 'and takes keys');
  pane.keys('C-c', 'C-c', 'C-c');
  await pane.until((screen) => screen.includes('left with 130'), 'left');
  const bytes = await pane.bytes('left with');
  expectClean(bytes.slice(0, bytes.indexOf('left with')));
});

test.skipIf(!hasTmux).concurrent(`a model that cannot be opened leaves its error alone${withoutTmux}`, async () => {
  const pane = start({ LLMX_DEMO_LOAD: 'fails' });
  const screen = await pane.until((shown) => shown.includes('no such model'), 'the error');
  expect(screen).toMatch(/^\s*error: no such model$/);
  expectClean(await pane.bytes('no such model'));
});

test.skipIf(!hasTmux).concurrent.each([
  ['crash', 'a crash on purpose'],
  ['terminate', 'left with 143'],
])(`%s: the terminal is given back${withoutTmux}`, async (said, words) => {
  const pane = start();
  await pane.until(idle, 'start');
  pane.keys(said, 'Enter');
  await pane.until((screen) => screen.includes(words), said);
  // The shell echoes again what is typed, and breaks lines.
  pane.keys('typed', 'Enter', 'again');
  await pane.until((screen) => /^typed\nagain$/m.test(screen), 'a terminal as it was');
  expectClean(await pane.bytes('again'));
});
