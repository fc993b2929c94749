// The live region: what it shows, and that it is always lower and narrower than the screen; what goes to the terminal.
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { createElement } from 'react';
import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';
import { philox } from '../../../src/core/base/random.js';
import { App } from '../../../src/commands/chat/app.js';
import { Past } from '../../../src/commands/chat/components/past.js';
import { Rows } from '../../../src/commands/chat/components/rows.js';
import { emptyEditor } from '../../../src/commands/chat/editor/state.js';
import { ScreenOutput } from '../../../src/commands/chat/output.js';
import type { Phase, ScreenState } from '../../../src/commands/chat/state.js';
import { createStore } from '../../../src/commands/chat/store.js';
import { inkOf, lineWidth, plainText } from '../../../src/commands/chat/text/line.js';
import type { ThemeKey } from '../../../src/commands/chat/themes/index.js';
import { themes } from '../../../src/commands/chat/themes/index.js';
import { frameLines, frameOf } from '../../../src/commands/chat/views/frame.js';
import { phaseLine, statusLine } from '../../../src/commands/chat/views/status.js';

const idle: ScreenState = {
  ...{ printed: [], editor: emptyEditor(), phase: { name: 'idle' }, tick: 0, tail: [], thought: undefined, choice: undefined, menu: [], notice: '' },
  ...{ queued: undefined, editing: undefined, status: undefined, columns: 80, rows: 24, theme: 'dark', raw: false, thoughts: 'fold', hidden: false },
};
const status = {
  ...{ model: 'model-Q4_K_M.gguf', quantization: 'Q4_K', device: 'cpu', used: 512, size: 2048, tokensPerSecond: 23.44, firstTokenSeconds: 0.312 },
  branch: 'main',
};
const dark = inkOf(themes.dark);
const text = (state: Partial<ScreenState>): string =>
  frameLines(frameOf({ ...idle, ...state }, dark))
    .map(plainText)
    .join('\n');

test('the status line keeps what matters as the screen gets narrow', () => {
  const at = (columns: number): string => plainText(statusLine(status, columns, dark));
  expect(at(80)).toBe('model-Q4_K_M.gguf · Q4_K · cpu · 512/2048 tokens · 23.4 tok/s · first 0.31 s');
  expect(at(60)).toBe('model-Q4_K_M.gguf · 512/2048 tokens · 23.4 tok/s');
  expect(at(40)).toBe('model-Q4_K_M.gguf · 512/2048 tokens');
  expect(at(20)).toBe('model-Q4_K_M.gguf');
  expect(at(10)).toBe('model-Q4_…');
  expect(plainText(statusLine({ ...status, branch: 'side\u001b[2J' }, 200, dark))).toContain('branch side\\u001b[2J');
});

test('what is being done: a spinner, and how far it is', () => {
  const line = (phase: Phase): string => plainText(phaseLine(phase, 0, 80, dark) ?? []);
  expect(line({ name: 'prompt', words: 'reading', done: 512, total: 2048, unit: 'tokens' })).toBe('⠋ reading 512/2048 tokens 25 %');
  expect(line({ name: 'opening', words: 'loading the model', done: 1, total: 4, unit: 'bytes' })).toBe('⠋ loading the model 25 %');
  expect(line({ name: 'reply' })).toBe('⠋ Esc stops');
  expect(line({ name: 'idle' })).toBe('');
  expect(plainText(phaseLine({ name: 'reply' }, 0, 80, inkOf(undefined)) ?? [])).toBe('- Esc stops');
});

test('parts stand in their order: reply, activity, draft, what waits, status', () => {
  const state = {
    ...{ tail: [[{ text: 'the reply' }]], phase: { name: 'reply' as const }, queued: 'next one', notice: 'a notice', menu: ['/a', '/b'], status },
    editor: { ...emptyEditor(), text: 'draft', cursor: 5 },
  };
  expect(text(state)).toBe(`the reply\n\n⠋ Esc stops\n> draft\nnext: next one\na notice\n/a  /b\n${plainText(statusLine(status, 80, dark))}`);
  expect(frameOf({ ...idle, ...state }, dark).cursor).toEqual({ x: 7, y: 3 });
  expect(text({ ...state, hidden: true })).toBe('');
});

test('thoughts: one line, or their end', () => {
  const thought = { tokens: 7, lines: [[{ text: 'a' }], [{ text: 'b' }]] };
  expect(text({ thought })).toBe('▸ thinking · 7 tokens · Ctrl+O shows it\n> Message, or /help');
  expect(text({ thought, thoughts: 'show' })).toBe('▸ thinking · 7 tokens\na\nb\n> Message, or /help');
});

test('a tall draft shows the rows around the cursor', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `row ${index}`).join('\n');
  const frame = frameOf({ ...idle, editor: { ...emptyEditor(), text: lines, cursor: lines.indexOf('row 20') } }, dark);
  expect(frame.editor.length).toBe(11);
  expect(plainText(frame.editor[frame.cursor!.y]!)).toBe('  row 20');
});

test('for any state and any size the frame is two rows lower than the screen and fits its columns', () => {
  for (let step = 0; step < 400; step++) {
    const [a, b, c, d] = philox([3, 0], [step, 0, 0, 0]);
    const [rows, columns] = [1 + (a % 40), 2 + (b % 100)];
    const words = '日本語 words and more 👩‍👩‍👧 '.repeat(c % 30);
    const state: ScreenState = {
      ...{ ...idle, rows, columns, notice: c % 3 ? words : '', queued: d % 3 ? words : undefined, status: d % 2 ? status : undefined },
      editor: {
        ...emptyEditor(),
        text: words,
        cursor: 0,
        ...(c % 7 === 0 ? { search: { query: words, entry: undefined, draft: { text: '', cursor: 0 } } } : {}),
      },
      tail: Array.from({ length: a % 60 }, () => [{ text: 'x'.repeat(columns) }]),
      thought: b % 5 === 0 ? { tokens: 5, lines: Array.from({ length: 50 }, () => [{ text: 'y' }]) } : undefined,
      thoughts: c % 2 ? 'show' : 'fold',
      menu: Array.from({ length: d % 90 }, (_, index) => `/command-${index}`),
      choice: a % 6 === 0 ? { question: words, options: [{ key: 'one', label: words }], at: 0 } : undefined,
      phase: b % 2 ? { name: 'reply' } : { name: 'idle' },
    };
    const frame = frameOf(state, dark);
    const lines = frameLines(frame);
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 2));
    for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(columns);
    if (frame.cursor !== undefined) expect(frame.cursor.y).toBeLessThan(lines.length);
  }
});

test('components draw lines as they are, and nothing for none', () => {
  expect(render(createElement(Rows, { lines: [[{ text: 'one' }], [], [{ text: '日本', look: { bold: true } }]] })).lastFrame()).toBe(
    'one\n\n\u001b[1m日本\u001b[22m',
  );
  expect(render(createElement(Rows, { lines: [] })).lastFrame()).toBe('');
  expect(
    render(
      createElement(Past, {
        printed: [
          { id: 0, text: 'first' },
          { id: 1, text: ' ' },
          { id: 2, text: 'last' },
        ],
      }),
    ).frames.join(''),
  ).toContain('first\n\nlast');
});

test.each(['dark', 'light', 'mono'] as const)('the whole screen in theme %s', async (theme: ThemeKey) => {
  const store = createStore<ScreenState>({ ...idle, theme, status });
  const ink = inkOf(themes[theme]);
  const app = render(createElement(App, { controller: { store, ink: () => ink } }));
  expect(stripVTControlCharacters(app.lastFrame() ?? '')).toBe(`> Message, or /help\n${plainText(statusLine(status, 80, dark))}`);
  store.change({ printed: [{ id: 0, text: 'said' }], tail: [[{ text: 'reply' }]] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stripVTControlCharacters(app.lastFrame() ?? '')).toMatch(/^said\nreply\n\n> Message/);
  // eslint-disable-next-line no-control-regex
  if (theme === 'mono') expect(app.frames.join('')).not.toMatch(/\x1b\[(?:3\d|9\d)m/);
  app.unmount();
});

test('without colour no escape code is in a frame', () => {
  const store = createStore<ScreenState>({ ...idle, status, tail: [[{ text: 'reply', look: inkOf(undefined).look('strong') }]] });
  const app = render(createElement(App, { controller: { store, ink: () => inkOf(undefined) } }));
  expect(app.lastFrame()).not.toContain('\u001b');
  app.unmount();
});

/** A stream that keeps what it is told. */
function fakeStream(columns: number, rows: number): { readonly stream: WriteStream; readonly written: () => string } {
  let all = '';
  const stream = Object.assign(new EventEmitter(), { columns, rows, write: (data: string) => ((all += data), true) });
  return { stream: stream as unknown as WriteStream, written: () => all };
}

test('nothing wipes the screen or its scrollback; a terminal without a size has 80 by 24', () => {
  const { stream, written } = fakeStream(0, 0);
  const output = new ScreenOutput(stream, {});
  output.write('a\u001b[2J\u001b[3J\u001b[Hb\u001bcc');
  expect(written()).toBe('abc');
  expect([output.columns, output.screenRows]).toEqual([80, 24]);
  output.hold();
  output.write('later');
  expect(written()).toBe('abc');
  output.release();
  expect(written()).toBe('abclater');
});

test('a frame is erased from its top, counted from the cursor, and never folded', () => {
  const { stream, written } = fakeStream(80, 24);
  const erased = '\u001b[2A\r\u001b[2K\u001b[1B\u001b[0J\u001b[1A';
  // Four rows of which the last is empty; the cursor stood on the third.
  const lines = '\u001b[2K\u001b[1A'.repeat(3);
  new ScreenOutput(stream, {}).write(`\u001b[?25l\u001b[1B\u001b[1G${lines}\u001b[2K\u001b[Gone\ntwo\n\u001b[1A\u001b[3G\u001b[?25h`);
  expect(written()).toBe(`\u001b[?7l\u001b[?25l${erased}one\ntwo\n\u001b[1A\u001b[3G\u001b[?25h\u001b[?7h`);
});

test('after a resize the rows that the terminal has folded are erased, and the frame stands as Ink believes', () => {
  const { stream, written } = fakeStream(80, 24);
  const output = new ScreenOutput(stream, { TMUX: 'x' });
  const frame = frameOf({ ...idle, tail: [[{ text: 'x'.repeat(70) }]], editor: { ...emptyEditor(), text: 'draft', cursor: 5 } }, inkOf(undefined));
  output.drawn(frame);
  output.resized(40, 24);
  // Up over two rows of the reply and the gap, all three rows again, and back to the draft.
  const again = `\u001b[3A\r\u001b[2K\u001b[1B\u001b[0J\u001b[1A${'x'.repeat(39)}…\n\n> draft\n\u001b[1A\u001b[7C`;
  expect(written()).toBe(again);
  output.resized(80, 24);
  expect(written()).toBe(again);
});
