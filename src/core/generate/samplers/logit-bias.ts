// Adds a constant to chosen tokens' logits; -Infinity forbids them, Infinity leaves nothing beside them.
import type { LogitSampler } from './sampler.js';

/** Far above any logit, and small enough that the order of those that get it stays. */
const certain = 1e4;

export const logitBias: LogitSampler = {
  stage: 'logits',
  isActive: ({ logitBias: bias }) => bias.size > 0,
  apply(logits, { logitBias: bias }) {
    for (const [id, amount] of bias) if (id < logits.length) logits[id]! += Math.min(amount, certain);
  },
};
