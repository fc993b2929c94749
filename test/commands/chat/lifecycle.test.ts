// The life of a chat without a terminal: loading, sending, stopping, refusals, sessions, leaving.
import { expect, test } from 'vitest';
import { ctrlC } from '../../../src/commands/chat/interruption.js';
import { LlmxError } from '../../../src/core/base/error.js';
import type { SessionStore } from '../../../src/commands/chat/options.js';
import { openBench, pause } from '../../support/chat-controller.js';

test('the prompt takes keys while the model loads; what is sent meanwhile waits for it', async () => {
  const bench = openBench({ loadMilliseconds: 60 });
  bench.type('early');
  expect(bench.frame()).toContain('loading the model');
  expect(bench.frame()).toContain('> early');
  bench.press('enter');
  expect(bench.frame()).toContain('next: early');
  await bench.settled(() => bench.conversation.messages.length === 2);
  await bench.settled();
  expect(bench.printed()).toBe('> early\n\necho early');
  expect(await bench.leave()).toEqual({ exit: 0, turns: 1 });
  expect(bench.conversation.log).toEqual(['reply ask: early', 'disposed']);
});

test('a model that cannot be opened ends the screen with its own error', async () => {
  const bench = openBench({
    // eslint-disable-next-line require-yield
    open: async function* () {
      throw new LlmxError('not-found', 'no such model');
    },
  });
  await expect(bench.ended).rejects.toThrow('no such model');
});

test('leaving while the model loads stops the loading', async () => {
  const bench = openBench({ loadMilliseconds: 5000 });
  await pause(10);
  bench.press('ctrl+d');
  expect(await bench.ended).toEqual({ exit: 0, turns: 0 });
});

test('the first message is sent by itself, and the past is shown on request', async () => {
  const messages = [
    { role: 'user', content: 'before' },
    { role: 'assistant', content: 'an **answer**' },
  ];
  const bench = openBench({ firstMessage: 'first', showsPast: true, fake: { messages } });
  await bench.settled(() => bench.conversation.messages.length === 4);
  await bench.settled();
  expect(bench.printed()).toBe('> before\n\nan **answer**\n\n> first\n\necho first');
  await bench.leave();
});

test('a second message waits for the reply; a third does not', async () => {
  const bench = openBench({ fake: { eventsPerSecond: 100 } });
  await bench.settled();
  bench.type('one');
  bench.press('enter');
  bench.type('two');
  bench.press('enter');
  bench.type('three');
  bench.press('enter');
  expect(bench.frame()).toContain('next: two');
  expect(bench.store.get().editor.text).toBe('three');
  await bench.settled(() => bench.conversation.messages.length === 4);
  await bench.settled();
  expect(bench.printed()).toBe('> one\n\necho one\n\n> two\n\necho two');
  await bench.leave();
});

test.each(['escape', 'ctrl+c'])('%s stops the reply, keeps what was said, and gives back what waited', async (key) => {
  const bench = openBench({ fake: { answer: () => 'word '.repeat(500), eventsPerSecond: 200 } });
  await bench.settled();
  bench.type('talk');
  bench.press('enter');
  bench.type('next');
  bench.press('enter');
  await bench.settled(() => bench.store.get().tail.length > 0);
  bench.press(key);
  await bench.settled();
  expect(bench.printed()).toMatch(/^> talk\n\n(?:word ?\n?)+\n\nstopped$/);
  expect(bench.conversation.messages).toHaveLength(2);
  expect(bench.store.get().editor.text).toBe('next');
  await bench.leave();
});

test('Ctrl-C: stops, clears, then leaves when it is pressed twice within two seconds', () => {
  const idle = { busy: false, stopping: false, draft: false };
  expect(ctrlC(0, undefined, { ...idle, busy: true })).toMatchObject({ action: 'stop' });
  expect(ctrlC(0, undefined, { ...idle, draft: true })).toMatchObject({ action: 'clear' });
  expect(ctrlC(0, undefined, idle)).toMatchObject({ action: 'warn' });
  expect(ctrlC(1999, 0, idle)).toMatchObject({ action: 'leave' });
  expect(ctrlC(2001, 0, idle)).toMatchObject({ action: 'warn' });
  expect(ctrlC(100, 0, { ...idle, draft: true })).toMatchObject({ action: 'clear' });
  expect(ctrlC(100, 0, { busy: true, stopping: true, draft: false })).toMatchObject({ action: 'leave' });
  expect(ctrlC(2100, 0, { busy: true, stopping: true, draft: false })).toMatchObject({ action: 'stop' });
});

test('Ctrl-C twice leaves with 130 and saves the session', async () => {
  const saved: string[] = [];
  const sessions: SessionStore = {
    save: async (conversation, name) => {
      saved.push(`${name ?? '-'}: ${conversation.messages.length}`);
      return 's1';
    },
    list: async () => [],
    load: () => {
      throw new Error('not asked for');
    },
    begin() {},
  };
  const bench = openBench({ sessions });
  await bench.settled();
  await bench.say('hello');
  expect(saved).toEqual(['-: 2']);
  bench.type('draft');
  bench.press('ctrl+c');
  expect(bench.store.get().editor.text).toBe('');
  bench.press('ctrl+c');
  expect(await bench.ended).toEqual({ exit: 130, turns: 1, session: 's1' });
});

test('one Ctrl-C on an empty draft only says what the next one does', async () => {
  const bench = openBench();
  await bench.settled();
  bench.press('ctrl+c');
  expect(bench.frame()).toContain('Ctrl-C again leaves');
  bench.type('x');
  expect(bench.frame()).not.toContain('Ctrl-C again leaves');
  bench.press('ctrl+d');
  expect(bench.store.get().editor.text).toBe('x');
  await bench.leave();
});

test('a full context asks what to do, and does it this once', async () => {
  const bench = openBench({ fake: { size: 100 } });
  await bench.settled();
  await bench.say('OVERFLOW');
  expect(bench.frame()).toContain('the conversation has 101 tokens, the context 100');
  bench.press('down', 'up', 'enter');
  await bench.settled(() => bench.conversation.messages.length === 2);
  await bench.settled();
  expect(bench.printed()).toContain('2 messages (0 tokens) were left out');
  expect(bench.conversation.log).toEqual(['reply ask: OVERFLOW', 'reply slide: OVERFLOW']);
  expect(bench.conversation.settings.contextPolicy).toBe('ask');
  await bench.say('OVERFLOW again');
  bench.press('escape');
  await bench.settled(() => bench.store.get().editor.text !== '');
  expect(bench.store.get().editor.text).toBe('OVERFLOW again');
  expect(bench.conversation.messages).toHaveLength(2);
  await bench.leave();
});

test('what is typed while a question is open goes to the draft, and Enter does not answer for it', async () => {
  const bench = openBench({ fake: { size: 100 } });
  await bench.settled();
  await bench.say('OVERFLOW');
  for (const letter of 'my next') bench.type(letter);
  bench.press('enter');
  expect(bench.frame()).toContain('> 1 slide');
  expect([bench.store.get().editor.text, bench.store.get().notice]).toEqual(['my next', 'Answer first: arrows and Enter, or Esc']);
  bench.press('escape');
  await bench.settled(() => bench.store.get().phase.name === 'idle' && bench.store.get().choice === undefined);
  expect(bench.store.get().editor.text).toBe('my next');
  await bench.leave();
});

test('a long message that is refused comes back folded, at once', async () => {
  const bench = openBench({ fake: { size: 100 } });
  await bench.settled();
  const text = `OVERFLOW ${'a line of words that go on\n'.repeat(20_000)}`;
  bench.key({ kind: 'paste', text });
  bench.press('enter');
  await bench.settled(() => bench.store.get().choice !== undefined);
  const began = performance.now();
  bench.press('escape');
  await bench.settled(() => bench.store.get().editor.text !== '');
  expect(bench.frame()).toContain('[pasted 20000 lines]');
  // A frame of the text itself takes minutes.
  expect(performance.now() - began).toBeLessThan(3000);
  await bench.leave();
});

test('what waits is not put into a draft that is something else', async () => {
  let isStuck = true;
  const gate = () => (isStuck ? new Promise<void>(() => {}) : undefined);
  const bench = openBench({ fake: { gate } });
  await bench.settled();
  bench.type('one');
  bench.press('enter');
  await bench.settled(() => bench.store.get().phase.name !== 'idle');
  bench.type('typed while');
  bench.press('enter');
  bench.type('/retry');
  bench.press('enter');
  isStuck = false;
  bench.press('escape');
  await bench.settled();
  expect(bench.store.get().editor.text).toBe('/retry');
  expect(bench.printed()).toContain('what waited was not sent; the history has it (Up)');
  bench.press('ctrl+u', 'up');
  expect(bench.store.get().editor.text).toBe('typed while');
  await bench.leave();
});

test('a failure is told and the message is back in the editor', async () => {
  const bench = openBench();
  await bench.settled();
  await bench.say('FAIL please');
  expect(bench.printed()).toBe('> FAIL please\n\nerror: the device is gone\n\nhint: Try again');
  expect(bench.store.get().editor.text).toBe('FAIL please');
  await bench.leave();
});

test('thoughts are one line; Ctrl+O shows them, and /think show shows the next ones', async () => {
  const bench = openBench({ fake: { answer: () => '<think>one two</think>answer' } });
  await bench.settled();
  await bench.say('why');
  expect(bench.printed()).toMatch(/^> why\n\n▸ thought for \d+\.\d s · 2 tokens · Ctrl\+O shows it\n\nanswer$/);
  bench.press('ctrl+o');
  expect(bench.printed()).toMatch(/answer\n\none two$/);
  await bench.say('/think show');
  await bench.say('why');
  expect(bench.printed()).toMatch(/shows it\n {2}one two\n\nanswer$/);
  await bench.leave();
});

test('a session that cannot be saved is a warning', async () => {
  const sessions = { save: () => Promise.reject(new Error('disk full')), list: async () => [], begin() {} } as unknown as SessionStore;
  const bench = openBench({ sessions });
  await bench.settled();
  await bench.say('hello');
  expect(bench.printed()).toContain('warning: the session is not saved: disk full');
  await bench.leave();
});

test('Ctrl+G: the draft goes to the editor of the environment and comes back', async () => {
  const script = `${process.execPath} -e require('fs').appendFileSync(process.argv[1],'-more\\n')`;
  const bench = openBench({ environment: { EDITOR: script } });
  await bench.settled();
  bench.type('draft');
  bench.press('ctrl+g');
  await bench.settled(() => bench.store.get().editor.text === 'draft-more');
  bench.press('ctrl+_', 'ctrl+_');
  expect(bench.store.get().editor.text).toBe('draft');
  await bench.leave();
  const broken = openBench({ environment: { VISUAL: '/nonexistent/editor' } });
  await broken.settled();
  broken.press('ctrl+g');
  await broken.settled(() => broken.printed().includes('Set EDITOR'));
  await broken.leave();
});

test('the theme follows the terminal where it answers', async () => {
  const bench = openBench({ color: true });
  expect(bench.store.get().theme).toBe('dark');
  bench.key({ kind: 'answer', text: '11;rgb:ffff/ffff/eeee' });
  expect(bench.store.get().theme).toBe('light');
  await bench.settled();
  await bench.say('/theme mono');
  bench.key({ kind: 'answer', text: '11;rgb:0000/0000/0000' });
  expect(bench.store.get().theme).toBe('mono');
  await bench.leave();
  const light = openBench({ environment: { COLORFGBG: '0;15' } });
  expect(light.store.get().theme).toBe('light');
  await light.leave();
});
