// Log-probabilities of the model's own distribution, before any sampler.
import type { TokenAlternative } from '../base/event.js';
import { sortedCandidates } from './samplers/sorted.js';

/** log sum exp of logits, in float64. */
export function logSumExp(logits: Float32Array): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - highest);
  return highest + Math.log(total);
}

export interface Logprobs {
  readonly of: (id: number) => number;
  readonly top: readonly Omit<TokenAlternative, 'text'>[];
}

export function logprobs(logits: Float32Array, count: number): Logprobs {
  const total = logSumExp(logits);
  const best = sortedCandidates(logits, count);
  return { of: (id) => logits[id]! - total, top: [...best.ids].map((id, index) => ({ id, logprob: best.logits[index]! - total })) };
}
