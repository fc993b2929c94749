// The best `count` of a vocabulary in falling order, by a bounded heap: one pass, no sort of the whole.
import type { Candidates } from './sampler.js';

export function sortedCandidates(logits: Float32Array, count: number): Candidates {
  const size = Math.min(count, logits.length);
  const heap = new Int32Array(size);
  /** True when `left` is the worse candidate: the smaller logit, or the later id on a tie. */
  const worse = (left: number, right: number): boolean => logits[left]! < logits[right]! || (logits[left] === logits[right] && left > right);
  const sink = (start: number): void => {
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child++;
      if (!worse(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  };
  for (let id = 0; id < size; id++) heap[id] = id;
  for (let at = (size >> 1) - 1; at >= 0; at--) sink(at);
  for (let id = size; id < logits.length; id++) {
    if (!worse(heap[0]!, id)) continue;
    heap[0] = id;
    sink(0);
  }
  const ids = heap.sort((left, right) => (worse(left, right) ? 1 : -1));
  return { ids, logits: Float32Array.from(ids, (id) => logits[id]!) };
}
