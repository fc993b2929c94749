// Whether the model has the tokens that --logit-bias names.
import { LlmxError } from '../base/error.js';
import type { SamplingSettings } from '../generate/index.js';

export function checkBias({ logitBias }: SamplingSettings, vocabulary: number): void {
  const foreign = [...logitBias.keys()].find((id) => id >= vocabulary);
  if (foreign !== undefined)
    throw new LlmxError('usage', `--logit-bias ${foreign}: the model has no such token`, `Its ${vocabulary} tokens are 0 to ${vocabulary - 1}`);
}
