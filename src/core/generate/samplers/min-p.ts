// Candidates at least `minP` times as likely as the best (Nguyen et al. 2024).
import { keep, type CandidateSampler } from './sampler.js';

export const minP: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ minP: share }) => share > 0,
  apply(candidates, { minP: share }) {
    const least = candidates.logits[0]! + Math.log(share);
    let count = 1;
    while (count < candidates.logits.length && candidates.logits[count]! >= least) count++;
    return keep(candidates, count);
  },
};
