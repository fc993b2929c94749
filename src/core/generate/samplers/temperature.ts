// Divides logits by the temperature. Zero is greedy and never comes here.
import type { CandidateSampler } from './sampler.js';

export const temperature: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ temperature: heat }) => heat > 0 && heat !== 1,
  apply: ({ ids, logits }, { temperature: heat }) => ({ ids, logits: logits.map((logit) => logit / heat) }),
};
