// The sampler table, in the order in which the chain runs, and the choice of one token.
import { LlmxError } from '../../base/error.js';
import { uniform } from '../../base/random.js';
import { logitBias } from './logit-bias.js';
import { minP } from './min-p.js';
import { penalties } from './penalties.js';
import { probabilities, type Candidates, type Sampler, type SamplingSettings } from './sampler.js';
import { sortedCandidates } from './sorted.js';
import { temperature } from './temperature.js';
import { topK } from './top-k.js';
import { topP } from './top-p.js';
import { typical } from './typical.js';

export const samplers = {
  'logit-bias': logitBias,
  penalties,
  'top-k': topK,
  typical,
  'top-p': topP,
  'min-p': minP,
  temperature,
} as const satisfies Record<string, Sampler>;

const chain: readonly Sampler[] = Object.values(samplers);

/** The largest logit; ties go to the lowest id. */
export function argmax(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** Throws where a logit is NaN or +Infinity: weights are damaged or overflow, and no choice would mean anything. */
function checkLogit(id: number, logit: number): void {
  if (logit < Infinity) return;
  throw new LlmxError('malformed', `the model's logit of token ${id} is ${logit}`, 'The weights may be damaged; llmx inspect shows their types');
}

const isActive = (settings: SamplingSettings) => (sampler: Sampler) => sampler.isActive(settings);

/** How many of the largest logits decide the next token; undefined where all of them may. */
export function decisive(settings: SamplingSettings): number | undefined {
  if (chain.filter(({ stage }) => stage === 'logits').some(isActive(settings))) return undefined;
  if (settings.temperature <= 0) return 1;
  return settings.topK > 0 ? settings.topK : undefined;
}

/** The next token out of the largest logits, as many as are decisive, in falling order. */
export function sampleLargest(largest: Candidates, settings: SamplingSettings, position: number): number {
  for (const [rank, id] of largest.ids.entries()) checkLogit(id, largest.logits[rank]!);
  if (settings.temperature <= 0) return largest.ids[0]!;
  let candidates = largest;
  for (const sampler of chain) if (sampler.stage === 'candidates' && sampler.isActive(settings)) candidates = sampler.apply(candidates, settings);
  return draw(candidates, uniform(settings.seed, 0, position));
}

/**
 * The next token. `logits` (vocabulary) is scratch and is changed. `position` counts the tokens drawn so far and, with the
 * seed, decides the random number: the same seed gives the same text on any backend that gives the same logits.
 */
export function sample(logits: Float32Array, settings: SamplingSettings, history: readonly number[], position: number): number {
  for (let id = 0; id < logits.length; id++) checkLogit(id, logits[id]!);
  for (const sampler of chain) if (sampler.stage === 'logits' && sampler.isActive(settings)) sampler.apply(logits, settings, history);
  const best = argmax(logits);
  if (logits[best] === -Infinity) throw new LlmxError('usage', 'every token is forbidden', '--logit-bias ID-inf forbids a token; leave some');
  if (settings.temperature <= 0) return best;
  return sampleLargest(sortedCandidates(logits, settings.topK > 0 ? settings.topK : logits.length), settings, position);
}

function draw({ ids, logits }: Candidates, chance: number): number {
  const p = probabilities(logits);
  let total = 0;
  for (let index = 0; index < p.length; index++) {
    total += p[index]!;
    if (chance < total) return ids[index]!;
  }
  return ids[ids.length - 1]!;
}
