// The fewest candidates whose probability reaches p (Holtzman et al. 2020).
import { keep, probabilities, type CandidateSampler } from './sampler.js';

export const topP: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ topP: mass }) => mass < 1,
  apply(candidates, { topP: mass }) {
    const p = probabilities(candidates.logits);
    let total = 0;
    let count = 0;
    while (count < p.length && (count === 0 || total < mass)) total += p[count++]!;
    return keep(candidates, count);
  },
};
