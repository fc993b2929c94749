// Renderers: lines at each tenth after half a second, nothing but errors when quiet, nothing that a terminal acts upon.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Event } from '../../../src/core/base/event.js';
import type { Output } from '../../../src/commands/shell/output.js';
import { errorText } from '../../../src/commands/shell/errors.js';
import { chooseProgress, stderrRenderers, stdoutRenderers } from '../../../src/commands/shell/render/index.js';
import { progressText } from '../../../src/commands/shell/render/plain.js';

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

const hostile = 'a\u001b[2J\u009b31m\u202eb';
const escaped = 'a\\u001b[2J\\u009b31m\\u202eb';

test('what files say reaches stderr without control characters', async () => {
  const { lines, output } = record();
  const renderer = stderrRenderers.plain({ output, facts, quiet: false, verbose: 1 });
  await renderer.event({ type: 'resolve', reference: 'x', path: hostile, format: 'gguf', bytes: 1 });
  await renderer.event({ type: 'warning', code: 'x', message: `${hostile}\n`, hint: hostile });
  await renderer.end({ ok: false, error: new LlmxError('malformed', `${hostile}\nerror: forged`, hostile, { details: [hostile] }) });
  expect(lines()).toEqual([
    `model: ${escaped} (gguf, 1 B)`,
    `warning: ${escaped}\\n`,
    `hint: ${escaped}`,
    `error: ${escaped}\\nerror: forged`,
    `hint: ${escaped}`,
    `  ${escaped}`,
  ]);
});

test('text is as it is in a pipe, and escaped on a terminal; JSON is the same value everywhere', async () => {
  const ending = { ok: true, report: {}, human: `${hostile}\n\ttab`, notes: [] } as const;
  for (const [tty, wanted] of [
    [false, [hostile, '\ttab']],
    [true, [escaped, '\ttab']],
  ] as const) {
    const { lines, output } = record();
    await stdoutRenderers.text({ output, facts: { ...facts, tty }, quiet: false, verbose: 0 }).end(ending);
    expect(lines()).toEqual(wanted);
  }
  for (const name of ['json', 'jsonl'] as const) {
    const { lines, output } = record();
    const renderer = stdoutRenderers[name]({ output, facts, quiet: false, verbose: 0 });
    await renderer.event({ type: 'result', ok: true, schema: 'x', body: { hostile } });
    await renderer.end(ending);
    expect(JSON.parse(lines()[0]!)).toMatchObject({ ok: true, hostile });
    expect(lines()[0]).toContain(escaped);
  }
});

test('an error of several parts: one line, and all of them with -v', () => {
  const error = new LlmxError('unsupported', 'first (and 2 more)', 'do this', { details: ['first', 'second', 'third'] });
  expect(errorText(error, 0, facts)).toBe('error: first (and 2 more)\nhint: do this; -v lists all of them\n');
  expect(errorText(error, 1, facts)).toBe('error: first (and 2 more)\nhint: do this\n  first\n  second\n  third\n');
  expect(errorText(new LlmxError('interrupted', 'interrupted'), 0, facts)).toBe('interrupted\n');
});

test.each([
  [{ done: 5, total: 10, unit: 'tokens', rate: 0.25 }, 'p: 50 % of 10 tokens, 0.3 tokens/s, 20 s left'],
  [{ done: 4e9, total: 8e9, unit: 'bytes', rate: 2e9 }, 'p: 50 % of 8.0 GB, 2.0 GB/s, 2.0 s left'],
  [{ done: 8, total: 8, unit: 'runs' }, 'p: 100 % of 8 runs'],
  [{ done: 9, total: 8, unit: 'runs', eta_s: 3 }, 'p: 100 % of 8 runs, 3.0 s left'],
  [{ done: 3, total: 0, unit: 'files' }, 'p: 3 files'],
])('progress %j', (event, text) => {
  expect(progressText({ type: 'progress', phase: 'p', ...event })).toBe(text);
});
