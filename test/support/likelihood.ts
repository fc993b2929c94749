// Negative log likelihood of token sequences, through the same sequences and logits that generation uses.
import { createSequences, type LoadedModel } from '../../src/core/generate/index.js';
import { logSumExp } from '../../src/core/generate/logprobs.js';

export interface Likelihood {
  /** Nats, summed over every token but the first of each text. */
  readonly nats: number;
  readonly predictions: number;
}

/** The model must have been loaded with as many rows as its chunk. */
export async function likelihood(loaded: LoadedModel, texts: readonly (readonly number[])[]): Promise<Likelihood> {
  const sequences = createSequences(loaded.engine);
  const logits = new Float32Array(loaded.model.h.vocabulary);
  let nats = 0;
  let predictions = 0;
  for (const ids of texts) {
    const sequence = sequences.open();
    for (let begin = 0; begin < ids.length - 1; begin += loaded.chunk) {
      const part = ids.slice(begin, Math.min(begin + loaded.chunk, ids.length - 1));
      await sequences.step([{ sequence, ids: part, rows: [...part.keys()] }]);
      for (const row of part.keys()) {
        await sequences.logits(row, logits);
        nats += logSumExp(logits) - logits[ids[begin + row + 1]!]!;
        predictions++;
      }
    }
    sequences.close(sequence);
  }
  return { nats, predictions };
}
