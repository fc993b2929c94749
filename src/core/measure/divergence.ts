// Two models' logits for the same tokens: how far apart the distributions are, and how often the likeliest token is the same.
import { createSequences, type LoadedModel } from '../generate/index.js';
import { logSumExp } from '../generate/logprobs.js';

export interface Divergence {
  readonly tokens: number;
  /** Sum of squared differences of logits over the sum of squares of the first model's, each row around its own mean. */
  readonly nmse: number;
  /** Share of positions whose likeliest token is the same. */
  readonly top1: number;
  /** Mean of KL(first || second) in nats. */
  readonly kld: number;
}

/** Logits of every position: (ids.length, vocabulary). The model must have been loaded with as many rows as its chunk. */
export async function allLogits(loaded: LoadedModel, ids: readonly number[]): Promise<Float32Array> {
  const { vocabulary } = loaded.model.h;
  const all = new Float32Array(ids.length * vocabulary);
  const sequences = createSequences(loaded.engine);
  const sequence = sequences.open();
  for (let begin = 0; begin < ids.length; begin += loaded.chunk) {
    const part = ids.slice(begin, begin + loaded.chunk);
    await sequences.step([{ sequence, ids: part, rows: [...part.keys()] }]);
    for (const row of part.keys()) await sequences.logits(row, all.subarray((begin + row) * vocabulary, (begin + row + 1) * vocabulary));
  }
  sequences.close(sequence);
  return all;
}

const indexOfLargest = (row: Float32Array): number => row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);

/** Rows of `vocabulary` logits, the same number of both. A shift of a whole row changes no probability, and counts for nothing. */
export function divergence(first: Float32Array, second: Float32Array, vocabulary: number): Divergence {
  const tokens = first.length / vocabulary;
  let [squares, total, same, kld] = [0, 0, 0, 0];
  for (let row = 0; row < tokens; row++) {
    const [a, b] = [first.subarray(row * vocabulary, (row + 1) * vocabulary), second.subarray(row * vocabulary, (row + 1) * vocabulary)];
    const [sumA, sumB] = [logSumExp(a), logSumExp(b)];
    const [meanA, meanB] = [a.reduce((sum, value) => sum + value, 0) / vocabulary, b.reduce((sum, value) => sum + value, 0) / vocabulary];
    for (let index = 0; index < vocabulary; index++) {
      squares += (a[index]! - meanA - (b[index]! - meanB)) ** 2;
      total += (a[index]! - meanA) ** 2;
      const logA = a[index]! - sumA;
      kld += Math.exp(logA) * (logA - (b[index]! - sumB));
    }
    if (indexOfLargest(a) === indexOfLargest(b)) same++;
  }
  return { tokens, nmse: squares / (total || 1), top1: same / (tokens || 1), kld: Math.max(0, kld / (tokens || 1)) };
}
