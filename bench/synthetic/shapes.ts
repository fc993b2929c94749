// The model shapes that synthetic checkpoints come in: plain numbers, as the llama family names them.

export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly hiddenWidth: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly ropeBase: number;
  /** Llama 3.1's rope scaling, baked into `rope_freqs.weight`; absent: plain rope. */
  readonly ropeFactor?: number;
  /** The head reads the token embedding. */
  readonly tied: boolean;
}

export const shapes = {
  /** No real model: 2 M weights, with which a software graphics device is done in seconds. */
  tiny: {
    layers: 2,
    width: 256,
    heads: 4,
    keyValueHeads: 2,
    headWidth: 64,
    hiddenWidth: 512,
    vocabulary: 1024,
    contextLength: 4096,
    ropeBase: 10000,
    tied: true,
  },
  /** No real model: 100 M weights, for a quick look. */
  '100m': {
    layers: 12,
    width: 768,
    heads: 12,
    keyValueHeads: 4,
    headWidth: 64,
    hiddenWidth: 2048,
    vocabulary: 32000,
    contextLength: 4096,
    ropeBase: 10000,
    tied: true,
  },
  /** Llama-3.2-1B. */
  '1b': {
    layers: 16,
    width: 2048,
    heads: 32,
    keyValueHeads: 8,
    headWidth: 64,
    hiddenWidth: 8192,
    vocabulary: 128256,
    contextLength: 131072,
    ropeBase: 500000,
    ropeFactor: 32,
    tied: true,
  },
  /** The layers of Llama-3.2-1B, 28 of them: 4 GB in 16 bits. */
  '2b': {
    layers: 28,
    width: 2048,
    heads: 32,
    keyValueHeads: 8,
    headWidth: 64,
    hiddenWidth: 8192,
    vocabulary: 128256,
    contextLength: 131072,
    ropeBase: 500000,
    ropeFactor: 32,
    tied: true,
  },
  /** Llama-3.1-8B. */
  '8b': {
    layers: 32,
    width: 4096,
    heads: 32,
    keyValueHeads: 8,
    headWidth: 128,
    hiddenWidth: 14336,
    vocabulary: 128256,
    contextLength: 131072,
    ropeBase: 500000,
    ropeFactor: 8,
    tied: false,
  },
} as const satisfies Record<string, Shape>;
