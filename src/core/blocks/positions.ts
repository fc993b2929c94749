// Rotary frequencies and how they are stretched. Formulas: `linear` Chen et al. 2023, `yarn` Peng et al. 2023, `longrope` Ding et al. 2024,
// `llama3` the Llama 3.1 release; in the forms that Transformers gives them.

export interface RopeSettings {
  /** The base of the geometric series of frequencies. */
  readonly base: number;
  /** Rotated features of a head. */
  readonly width: number;
  readonly scaling: RopeScaling;
}

export interface YarnScaling {
  readonly type: 'yarn';
  readonly factor: number;
  /** Positions that the model was trained on before it was stretched. */
  readonly originalContextLength: number;
  /** Turns over the original context: frequencies with more than the first stay, those with fewer than the second are divided. */
  readonly betaFast: number;
  readonly betaSlow: number;
  /** Whether the two ends are whole features. */
  readonly truncate: boolean;
  /** Multiplies cos and sin. */
  readonly attentionFactor: number;
}

export interface LongropeScaling {
  readonly type: 'longrope';
  /** What each frequency is divided by, for contexts up to the original one and for longer ones. */
  readonly shortDivisors: readonly number[];
  readonly longDivisors: readonly number[];
  readonly originalContextLength: number;
  /** Multiplies cos and sin. */
  readonly attentionFactor: number;
}

export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    }
  | YarnScaling
  | LongropeScaling
  /** Each frequency over its own divisor, as GGUF's `rope_freqs` stores the result of llama3. */
  | { readonly type: 'divisors'; readonly divisors: readonly number[] };

/** Yarn's usual factor of cos and sin. */
export const yarnAttentionFactor = (factor: number, scale = 1): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);

/** Longrope's usual factor of cos and sin. */
export const longropeAttentionFactor = (factor: number, originalContextLength: number): number =>
  factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength));

/** What cos and sin are multiplied by. */
export const ropeScale = ({ scaling }: RopeSettings): number => ('attentionFactor' in scaling ? scaling.attentionFactor : 1);

/**
 * base^(-2k/width) for k in 0..width/2-1, stretched. `contextLength`: positions that a sequence may have; a scaling that has two tables
 * takes one of them for all positions.
 */
export function ropeFrequencies(rope: RopeSettings, contextLength: number): Float32Array {
  const stretch = stretchOf(rope, contextLength);
  return Float32Array.from({ length: rope.width / 2 }, (_, k) => stretch(rope.base ** ((-2 * k) / rope.width), k));
}

type Stretch = (frequency: number, k: number) => number;

function stretchOf(rope: RopeSettings, contextLength: number): Stretch {
  const { scaling } = rope;
  switch (scaling.type) {
    case 'default':
      return (frequency) => frequency;
    case 'linear':
      return (frequency) => frequency / scaling.factor;
    case 'divisors':
      return (frequency, k) => frequency / scaling.divisors[k]!;
    case 'longrope': {
      const divisors = contextLength > scaling.originalContextLength ? scaling.longDivisors : scaling.shortDivisors;
      return (frequency, k) => frequency / divisors[k]!;
    }
    case 'llama3':
      return (frequency) => {
        const turns = (scaling.originalContextLength * frequency) / (2 * Math.PI);
        const smooth = Math.min(1, Math.max(0, (turns - scaling.lowFrequencyFactor) / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor)));
        return frequency * (smooth + (1 - smooth) / scaling.factor);
      };
    case 'yarn':
      return yarnStretch(rope, scaling);
    default:
      return scaling satisfies never;
  }
}

function yarnStretch({ base, width }: RopeSettings, { factor, originalContextLength, betaFast, betaSlow, truncate }: YarnScaling): Stretch {
  /** The feature whose frequency turns so often over the original context. */
  const feature = (turns: number): number => (width * Math.log(originalContextLength / (2 * Math.PI * turns))) / (2 * Math.log(base));
  const [fast, slow] = [feature(betaFast), feature(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, width - 1);
  const span = low === high ? 1e-3 : high - low;
  return (frequency, k) => {
    const ramp = Math.min(1, Math.max(0, (k - low) / span));
    return frequency * (1 - ramp + ramp / factor);
  };
}
