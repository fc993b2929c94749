// Pages of the cache, by reference count: a page shared by several sequences is copied before one of them writes to it.
import { LlmxError } from '../base/error.js';

export interface PagePool {
  take(): number;
  share(page: number): void;
  release(page: number): void;
  isShared(page: number): boolean;
  readonly free: number;
  readonly size: number;
}

export function createPagePool(size: number, what = 'pages of the cache'): PagePool {
  const counts = new Int32Array(size);
  const unused = Array.from({ length: size }, (_, index) => size - 1 - index);
  return {
    size,
    get free() {
      return unused.length;
    },
    take() {
      const page = unused.pop();
      if (page === undefined) throw new LlmxError('context-exceeded', `all ${size} ${what} are in use`, 'Use a larger --ctx-size or fewer sequences');
      counts[page] = 1;
      return page;
    },
    share(page) {
      counts[page]!++;
    },
    release(page) {
      counts[page]!--;
      if (counts[page] === 0) unused.push(page);
    },
    isShared: (page) => counts[page]! > 1,
  };
}
