// Candidates whose surprise is nearest to the entropy, until their mass reaches `typical` (Meister et al. 2022).
import { probabilities, type CandidateSampler } from './sampler.js';

export const typical: CandidateSampler = {
  stage: 'candidates',
  isActive: ({ typical: mass }) => mass < 1,
  apply({ ids, logits }, { typical: mass }) {
    const p = probabilities(logits);
    const surprise = p.map((value) => -Math.log(value));
    const entropy = p.reduce((sum, value, index) => sum + (value > 0 ? value * surprise[index]! : 0), 0);
    const order = Array.from(ids.keys()).sort(
      (left, right) => Math.abs(surprise[left]! - entropy) - Math.abs(surprise[right]! - entropy) || left - right,
    );
    let total = 0;
    let count = 0;
    while (count < order.length && (count === 0 || total < mass)) total += p[order[count++]!]!;
    const kept = order.slice(0, count).sort((left, right) => left - right);
    return { ids: Int32Array.from(kept, (index) => ids[index]!), logits: Float32Array.from(kept, (index) => logits[index]!) };
  },
};
