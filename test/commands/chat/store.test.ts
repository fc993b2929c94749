// The screen's state: what is told at once, and what waits for a frame.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStore } from '../../../src/commands/chat/store.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what may wait is told with the next change, or soon, and once', () => {
  const store = createStore({ done: 0, key: '' });
  const told: string[] = [];
  store.subscribe(() => told.push(JSON.stringify(store.get())));
  store.soon({ done: 1 });
  store.soon({ done: 2 });
  expect([store.get().done, told.length]).toEqual([2, 0]);
  store.change({ key: 'k' });
  expect(told).toEqual(['{"done":2,"key":"k"}']);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(1);
  store.soon({ done: 3 });
  vi.advanceTimersByTime(39);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(told.at(-1)).toBe('{"done":3,"key":"k"}');
  store.soon({ done: 3 });
  store.change({ done: 3 });
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(2);
});
