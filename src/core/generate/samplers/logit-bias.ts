// Adds a constant to chosen tokens' logits; -Infinity forbids them.
import type { LogitSampler } from './sampler.js';

export const logitBias: LogitSampler = {
  stage: 'logits',
  isActive: ({ logitBias: bias }) => bias.size > 0,
  apply(logits, { logitBias: bias }) {
    for (const [id, amount] of bias) if (id < logits.length) logits[id]! += amount;
  },
};
