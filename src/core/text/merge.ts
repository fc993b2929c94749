// Byte pair encoding of one word: neighbours are merged in order of priority, equal ones from the left. Knows ids only.

export interface MergeRules {
  /** Number of the rule that joins two neighbours, or -1. */
  find(left: number, right: number): number;
  /** Lower merges first. */
  priority(rule: number): number;
  /** Id of the joined symbol. */
  result(rule: number): number;
}

/** Merges `symbols` (ids) as far as the rules go and gives back the ids that are left. */
export type Merge = (symbols: readonly number[]) => number[];

/** One key orders the queue: priority first, then position. Priorities stay below 2^26, so keys are exact. */
const positions = 2 ** 26;

/** A merger with working memory of its own, which grows to the longest word: O(n log n) in the word's length. */
export function createMerger(rules: MergeRules): Merge {
  let symbols = new Int32Array(0);
  let next = new Int32Array(0);
  let previous = new Int32Array(0);
  /** Rule of the pair that starts at a position, or -1. */
  let pending = new Int32Array(0);
  const queue = createQueue();

  const grow = (length: number): void => {
    if (symbols.length >= length) return;
    const size = Math.max(64, length * 2);
    [symbols, next, previous, pending] = [new Int32Array(size), new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  };

  const consider = (left: number, right: number): void => {
    const rule = rules.find(symbols[left]!, symbols[right]!);
    pending[left] = rule;
    if (rule >= 0) queue.push(rules.priority(rule) * positions + left);
  };

  return (word) => {
    const length = word.length;
    if (length < 2) return [...word];
    grow(length);
    queue.clear();
    for (let at = 0; at < length; at++) {
      symbols[at] = word[at]!;
      next[at] = at + 1;
      previous[at] = at - 1;
    }
    pending[length - 1] = -1;
    for (let at = 0; at + 1 < length; at++) consider(at, at + 1);

    for (let key = queue.pop(); key >= 0; key = queue.pop()) {
      const left = key % positions;
      const rule = pending[left]!;
      if (rule < 0 || rules.priority(rule) * positions + left !== key) continue; // the pair has changed since it was queued
      const right = next[left]!;
      const after = next[right]!;
      symbols[left] = rules.result(rule);
      pending[right] = -1;
      next[left] = after;
      if (after < length) {
        previous[after] = left;
        consider(left, after);
      } else pending[left] = -1;
      if (previous[left]! >= 0) consider(previous[left]!, left);
    }

    const merged: number[] = [];
    for (let at = 0; at < length; at = next[at]!) merged.push(symbols[at]!);
    return merged;
  };
}

/** A binary heap of numbers, smallest first; `pop` of an empty one is -1. */
function createQueue(): { push(key: number): void; pop(): number; clear(): void } {
  let keys = new Float64Array(256);
  let size = 0;
  return {
    clear: () => void (size = 0),
    push: (key) => {
      if (size === keys.length) {
        const larger = new Float64Array(size * 2);
        larger.set(keys);
        keys = larger;
      }
      let at = size++;
      while (at > 0 && keys[(at - 1) >> 1]! > key) {
        keys[at] = keys[(at - 1) >> 1]!;
        at = (at - 1) >> 1;
      }
      keys[at] = key;
    },
    pop: () => {
      if (size === 0) return -1;
      const top = keys[0]!;
      const last = keys[--size]!;
      let at = 0;
      for (let child = 1; child < size; child = at * 2 + 1) {
        if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
        if (keys[child]! >= last) break;
        keys[at] = keys[child]!;
        at = child;
      }
      keys[at] = last;
      return top;
    },
  };
}
