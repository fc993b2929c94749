// What reading and writing rotary settings share: tensors of GGUF, usual values.

/** Small tensors of GGUF files that belong to the rotary positions: what each frequency is divided by. */
export const ropeTensors = {
  divisors: 'rope_freqs.weight',
  longrope: { short: 'rope_factors_short.weight', long: 'rope_factors_long.weight' },
} as const;

export const ropeTensorNames: readonly string[] = [ropeTensors.divisors, ...Object.values(ropeTensors.longrope)];

/** Tensors of checkpoints that say what the rotary settings say. */
export const ropeBuffers: readonly RegExp[] = [/rotary_emb\.inv_freq$/, /^rope_(freqs|factors_(short|long))\.weight$/];

/** Yarn's, where a file does not say others. */
export const usualBetaFast = 32;
export const usualBetaSlow = 1;
