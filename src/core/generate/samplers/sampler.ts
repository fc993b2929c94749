// What a sampler is: a small step that changes or narrows the candidates for the next token.

export interface SamplingSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typical: number;
  readonly repeatPenalty: number;
  readonly repeatLastN: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly logitBias: ReadonlyMap<number, number>;
  readonly seed: number;
}

export const defaultSampling: SamplingSettings = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  typical: 1,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  seed: 0,
};

/** Candidates in falling order of logit (ties: lowest id first) once `sorted`; before that all of the vocabulary. */
export interface Candidates {
  ids: Int32Array;
  logits: Float32Array;
}

/** Changes raw logits (vocabulary) in place, before any candidate is chosen. */
export interface LogitSampler {
  readonly stage: 'logits';
  isActive(settings: SamplingSettings): boolean;
  apply(logits: Float32Array, settings: SamplingSettings, history: readonly number[]): void;
}

/** Keeps some of the sorted candidates, or rescales them; never leaves none. */
export interface CandidateSampler {
  readonly stage: 'candidates';
  isActive(settings: SamplingSettings): boolean;
  apply(candidates: Candidates, settings: SamplingSettings): Candidates;
}

export type Sampler = LogitSampler | CandidateSampler;

/** softmax of sorted logits, in float64. */
export function probabilities(logits: Float32Array): Float64Array {
  const highest = logits[0]!;
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The first `count` candidates. */
export const keep = ({ ids, logits }: Candidates, count: number): Candidates => ({ ids: ids.subarray(0, count), logits: logits.subarray(0, count) });
