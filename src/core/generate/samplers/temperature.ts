// Divides logits by the temperature; the best becomes 0 first, so that a tiny temperature cannot overflow. Zero is greedy and never comes here.
import type { CandidateSampler } from './sampler.js';

export const temperature: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ temperature: heat }) => heat > 0 && heat !== 1,
  apply: ({ ids, logits }, { temperature: heat }) => ({ ids, logits: logits.map((logit) => (logit - logits[0]!) / heat) }),
};
