// Renderers on stderr: lines at each tenth after half a second, and nothing but errors when quiet.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Event } from '../../../src/core/base/event.js';
import type { Output } from '../../../src/commands/shell/output.js';
import { chooseProgress, stderrRenderers } from '../../../src/commands/shell/render/index.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function record(): { readonly lines: () => string[]; readonly output: Output } {
  let text = '';
  return {
    lines: () => text.split('\n').slice(0, -1),
    output: { gone: false, drained: async () => {}, write: async (piece) => void (text += piece) },
  };
}
const facts = { tty: false, color: false, columns: 80, rows: 24 };
const progress = (done: number): Event => ({ type: 'progress', phase: 'reading', done, total: 100, unit: 'tensors' });

test('one line a tenth, none in the first half second', async () => {
  const { lines, output } = record();
  const renderer = stderrRenderers.plain({ output, facts, quiet: false, verbose: 0 });
  for (let done = 0; done <= 100; done++) {
    await renderer.event(progress(done));
    vi.advanceTimersByTime(20);
  }
  expect(lines()[0]).toBe('reading: 25 % of 100 tensors');
  expect(lines().slice(1)).toEqual([30, 40, 50, 60, 70, 80, 90, 100].map((done) => `reading: ${done} % of 100 tensors`));
});

test('warnings, artifacts and gates are lines', async () => {
  const { lines, output } = record();
  const renderer = stderrRenderers.none({ output, facts, quiet: false, verbose: 0 });
  await renderer.event({ type: 'warning', code: 'x', message: 'careful', hint: 'do this' });
  await renderer.event({ type: 'artifact', path: 'a.gguf', bytes: 2e9 });
  await renderer.event({ type: 'gate', name: 'ppl-ratio', value: 1.2, limit: '<= 1.1', pass: false });
  await renderer.end({ ok: true, report: {}, human: '', notes: ['next: llmx run -m a.gguf'] });
  expect(lines()).toEqual([
    'warning: careful',
    'hint: do this',
    'wrote a.gguf (2.0 GB)',
    'gate ppl-ratio: 1.2 misses <= 1.1',
    'next: llmx run -m a.gguf',
  ]);
});

test('quiet hides all but the error', async () => {
  const { lines, output } = record();
  const renderer = stderrRenderers.plain({ output, facts, quiet: true, verbose: 0 });
  await renderer.event({ type: 'warning', code: 'x', message: 'careful' });
  await renderer.event({ type: 'reasoning', i: 0, text: 'hm', id: 1 });
  vi.advanceTimersByTime(60_000);
  await renderer.event(progress(50));
  await renderer.end({ ok: false, error: new LlmxError('disk', 'full') });
  expect(lines()).toEqual(['error: full']);
});

test('json progress is a line for each event', async () => {
  const { lines, output } = record();
  await stderrRenderers.json({ output, facts, quiet: false, verbose: 0 }).event(progress(3));
  expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([progress(3)]);
});

test.each([
  ['auto', true, {}, 'bar'],
  ['auto', false, {}, 'plain'],
  ['auto', true, { CI: '1' }, 'plain'],
  ['auto', true, { TERM: 'dumb' }, 'plain'],
  ['bar', false, {}, 'plain'],
  ['none', true, {}, 'none'],
  ['json', true, {}, 'json'],
] as const)('progress %s with tty %s in %j is %s', (choice, tty, environment, wanted) => {
  expect(chooseProgress({ choice, tty, environment })).toBe(wanted);
});
