// Keys are echoed while a reply streams at 200 events a second: Ink draws to a stream that remembers when.
import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { openBench, pause } from '../../support/chat-controller.js';

vi.hoisted(() => {
  // Ink decides on import: in CI it would draw the last frame alone.
  process.env.CI = 'false';
  delete process.env.CONTINUOUS_INTEGRATION;
});

const keys = 60;
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

test('key to frame takes less than 50 ms', async () => {
  const { mount } = await import('../../../src/commands/chat/app.js');
  const answer = (): string =>
    Array.from({ length: 400 }, (_, index) => `${index}. some **bold** words and \`code\` that go on for a line or two\n`).join('');
  const bench = openBench({ fake: { answer, eventsPerSecond: 200 }, color: true });
  await bench.settled();
  let waiting: { readonly text: string; readonly since: number } | undefined;
  const delays: number[] = [];
  let frames = 0;
  const stdout = Object.assign(new EventEmitter(), {
    ...{ columns: 80, rows: 1000, isTTY: true },
    write(data: string) {
      if (data.includes('> ')) frames++;
      if (waiting !== undefined && data.includes(waiting.text)) {
        delays.push(performance.now() - waiting.since);
        waiting = undefined;
      }
      return true;
    },
  });
  const app = mount({ controller: bench }, { stdout: stdout as unknown as NodeJS.WriteStream, patchConsole: false, exitOnCtrlC: false });
  bench.type('go');
  bench.press('enter');
  await bench.settled(() => bench.conversation.messages.length === 1 && bench.store.get().phase.name === 'reply');
  await pause(700);
  let began = performance.now();
  const perSecond = (): number => frames / ((performance.now() - began) / 1000);
  frames = 0;
  await pause(1000);
  const streaming = perSecond();
  [frames, began] = [0, performance.now()];
  for (let key = 0; key < keys; key++) {
    const character = String.fromCharCode(97 + (key % 26));
    waiting = { text: `${bench.store.get().editor.text}${character}`, since: performance.now() };
    bench.type(character);
    const deadline = performance.now() + 1000;
    while (waiting !== undefined && performance.now() < deadline) await pause(1);
    // At another place of the frame's clock each time.
    await pause(key % 17);
  }
  const typing = perSecond();
  expect(bench.store.get().phase.name).toBe('reply');
  bench.press('escape');
  await bench.settled();
  app.unmount();
  await bench.leave();
  console.log(
    `key to frame: median ${median(delays).toFixed(1)} ms, worst ${Math.max(...delays).toFixed(1)} ms of ${delays.length}; ${streaming.toFixed(0)} frames a second, ${typing.toFixed(0)} while typing`,
  );
  expect(streaming).toBeLessThan(31);
  expect(delays).toHaveLength(keys);
  expect(median(delays)).toBeLessThan(50);
  // A busy machine may be late once; not by much.
  expect(Math.max(...delays)).toBeLessThan(250);
  expect([...delays].sort((a, b) => a - b)[Math.floor(keys * 0.9)]!).toBeLessThan(75);
});

test('a key does not wait for the clock of frames', async () => {
  const { mount } = await import('../../../src/commands/chat/app.js');
  const bench = openBench({ fake: {}, color: true });
  await bench.settled();
  let drawn: (data: string) => void = () => {};
  const stdout = Object.assign(new EventEmitter(), { ...{ columns: 80, rows: 1000, isTTY: true }, write: (data: string) => (drawn(data), true) });
  const app = mount({ controller: bench }, { stdout: stdout as unknown as NodeJS.WriteStream, patchConsole: false, exitOnCtrlC: false });
  const frame = (text: string): Promise<void> => new Promise((resolve) => (drawn = (data) => data.includes(text) && resolve()));
  const delays: number[] = [];
  for (let key = 0; key < 20; key++) {
    await pause(60);
    const before = frame('a moment ago');
    bench.store.change({ notice: `a moment ago ${key}` });
    await before;
    const character = String.fromCharCode(97 + key);
    const after = frame(`${bench.store.get().editor.text}${character}`);
    const since = performance.now();
    bench.type(character);
    await after;
    delays.push(performance.now() - since);
  }
  app.unmount();
  await bench.leave();
  // Ink's usual 30 frames a second would make all of them 33 ms; what is asked is half of that.
  expect(median(delays)).toBeLessThan(17);
});
