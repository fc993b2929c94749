// Generates on an opened model; where its device is lost in the middle, the next one reads what was made and goes on.
import { LlmxError } from '../base/error.js';
import type { Job } from '../base/event.js';
import {
  createSequences,
  generate,
  type Generated,
  type GenerateOptions,
  type LoadedModel,
  type Sequence,
  type Sequences,
} from '../generate/index.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { Opened } from './load-on.js';

export interface GeneratedOn extends Generated {
  /** What ran the last token. */
  readonly device: string;
}

const isLost = (error: unknown): error is LlmxError => error instanceof LlmxError && error.code === 'device-lost';

/** What the caller closes at the end: another model than it opened, where a device was lost. */
export interface Slot {
  opened: Opened;
}

/** The sequence of a loaded model that the prompt is read into; asked again for the next one where a device was lost. */
export type Place = (loaded: LoadedModel) => Promise<{ readonly sequences: Sequences; readonly sequence: Sequence }>;

const emptyPlace: Place = async ({ engine }) => {
  const sequences = createSequences(engine);
  return { sequences, sequence: sequences.open() };
};

/** An abort of the signal stops the running step. */
export async function* generateOn(
  slot: Slot,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: GenerateOptions,
  signal: AbortSignal,
  place: Place = emptyPlace,
): Job<GeneratedOn> {
  const made: number[] = [];
  const stop = (): void => slot.opened.loaded.engine.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const { loaded, device, next } = slot.opened;
      const { sequences, sequence } = await place(loaded);
      const generation = generate(loaded, tokenizer, sequences, sequence, prompt, { ...options, made: [...made] });
      try {
        for (;;) {
          const step = await generation.next();
          if (step.done) return { ...step.value, device };
          if (step.value.type === 'token') made[step.value.i] = step.value.id;
          yield step.value;
        }
      } catch (error) {
        if (!isLost(error) || next === undefined) throw error;
        yield { type: 'warning', code: 'device-lost', message: `${error.message}; going on elsewhere` };
        slot.opened = yield* next();
        await loaded.engine.close().catch(() => {});
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
