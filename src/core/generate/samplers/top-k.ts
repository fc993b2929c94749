// The k most likely candidates (Fan et al. 2018).
import { keep, type CandidateSampler } from './sampler.js';

export const topK: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ topK: k }) => k > 0,
  apply: (candidates, { topK: k }) => keep(candidates, Math.min(k, candidates.ids.length)),
};
