// Rotary frequencies and how they are stretched (formulas: the Llama 3.1 release for `llama3`, Chen et al. 2023 for `linear`).

export interface RopeSettings {
  /** The base of the geometric series of frequencies. */
  readonly base: number;
  /** Rotated features of a head. */
  readonly width: number;
  readonly scaling: RopeScaling;
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
  /** Each frequency over its own divisor, as GGUF's `rope_freqs` stores the result of llama3. */
  | { readonly type: 'divisors'; readonly divisors: readonly number[] };

/** base^(-2k/width) for k in 0..width/2-1, stretched. */
export function ropeFrequencies({ base, width, scaling }: RopeSettings): Float32Array {
  return Float32Array.from({ length: width / 2 }, (_, k) => stretch(base ** ((-2 * k) / width), k, scaling));
}

function stretch(frequency: number, k: number, scaling: RopeScaling): number {
  switch (scaling.type) {
    case 'default':
      return frequency;
    case 'linear':
      return frequency / scaling.factor;
    case 'divisors':
      return frequency / scaling.divisors[k]!;
    case 'llama3': {
      const turns = (scaling.originalContextLength * frequency) / (2 * Math.PI);
      const smooth = Math.min(1, Math.max(0, (turns - scaling.lowFrequencyFactor) / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor)));
      return frequency * (smooth + (1 - smooth) / scaling.factor);
    }
    default:
      return scaling satisfies never;
  }
}
