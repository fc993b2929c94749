// The driver's way with a job: all events in order, a report after an abort where the body gives one, `return()` where it does not.
import { expect, test } from 'vitest';
import type { Event, Job } from '../../../src/core/base/event.js';
import { runJob } from '../../../src/commands/shell/job.js';
import { pause } from '../../support/llmx.js';

const metric = (value: number): Event => ({ type: 'metric', name: 'x', value });

test('events arrive in order, then the report', async () => {
  const seen: Event[] = [];
  async function* job(): Job<{ done: boolean }> {
    for (let value = 0; value < 3; value++) yield metric(value);
    return { done: true };
  }
  const run = await runJob(job(), new AbortController().signal, false, async (event) => void seen.push(event));
  expect(run).toEqual({ report: { done: true }, aborted: false });
  expect(seen).toEqual([0, 1, 2].map(metric));
});

test('a body that looks at the signal returns its report after an abort', async () => {
  const controller = new AbortController();
  async function* job(): Job<{ count: number }> {
    for (let count = 0; ; count++) {
      if (controller.signal.aborted) return { count };
      await pause(5);
      yield metric(count);
    }
  }
  setTimeout(() => controller.abort(), 30);
  const { report, aborted } = await runJob(job(), controller.signal, false, async () => {});
  expect(aborted).toBe(true);
  expect((report as { count: number }).count).toBeGreaterThan(0);
});

test('a body that does not look is returned, and releases what it holds', async () => {
  const controller = new AbortController();
  let released = false;
  async function* job(): Job<object> {
    try {
      for (let count = 0; ; count++) {
        await pause(5);
        yield metric(count);
      }
    } finally {
      released = true;
    }
  }
  setTimeout(() => controller.abort(), 10);
  const { report } = await runJob(job(), controller.signal, false, async () => {});
  expect({ report, released }).toEqual({ report: undefined, released: true });
});

test('a body that hangs is left behind soon', async () => {
  const controller = new AbortController();

  async function* job(): Job<object> {
    await new Promise(() => {});
    return {};
  }
  setTimeout(() => controller.abort(), 10);
  const started = performance.now();
  const { report } = await runJob(job(), controller.signal, false, async () => {});
  expect(report).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(1000);
});

test('a job that writes is waited for', async () => {
  const controller = new AbortController();
  let flushed = false;
  async function* job(): Job<object> {
    try {
      for (let count = 0; ; count++) {
        await pause(5);
        yield metric(count);
      }
    } finally {
      await pause(400);
      flushed = true;
    }
  }
  setTimeout(() => controller.abort(), 10);
  await runJob(job(), controller.signal, true, async () => {});
  expect(flushed).toBe(true);
});

test('what a job that writes has kept is told, however long a step of it takes', async () => {
  const controller = new AbortController();
  const warning: Event = { type: 'warning', code: 'unfinished', message: 'kept' };
  async function* job(): Job<object> {
    try {
      yield metric(1);
      await pause(300);
      yield metric(2);
      controller.signal.throwIfAborted();
      return {};
    } catch (error) {
      yield warning;
      throw error;
    }
  }
  const told: Event[] = [];
  setTimeout(() => controller.abort(), 20);
  await runJob(job(), controller.signal, true, async (event) => void told.push(event));
  expect(told).toEqual([metric(1), warning]);
});

test('a reader that does not read does not hold an abort', async () => {
  const controller = new AbortController();
  async function* job(): Job<object> {
    yield metric(1);
    return {};
  }
  setTimeout(() => controller.abort(), 10);
  const { aborted } = await runJob(job(), controller.signal, false, () => new Promise(() => {}));
  expect(aborted).toBe(true);
});
