// Makes recent tokens less likely: divided (or multiplied, when negative) by `repeatPenalty` (Keskar et al. 2019, sec. 4.1),
// minus `presencePenalty` once and `frequencyPenalty` for each time they occurred.
import type { LogitSampler } from './sampler.js';

export const penalties: LogitSampler = {
  stage: 'logits',
  isActive: ({ repeatPenalty, presencePenalty, frequencyPenalty, repeatLastN }) =>
    repeatLastN !== 0 && (repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0),
  apply(logits, { repeatPenalty, presencePenalty, frequencyPenalty, repeatLastN }, history) {
    const recent = repeatLastN < 0 ? history : history.slice(-repeatLastN);
    const counts = new Map<number, number>();
    for (const id of recent) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, times] of counts) {
      const logit = logits[id]!;
      logits[id] = (logit > 0 ? logit / repeatPenalty : logit * repeatPenalty) - presencePenalty - times * frequencyPenalty;
    }
  },
};
