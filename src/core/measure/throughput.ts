// How many tokens a second a loaded model reads and makes. Random tokens, so that nothing but the arithmetic counts.
import { LlmxError } from '../base/error.js';
import type { Event } from '../base/event.js';
import { uniform } from '../base/random.js';
import { createSequences, type LoadedModel, type Sequence, type Sequences } from '../generate/index.js';

/** Tokens of one measured run: a prompt, then tokens made one by one, behind `depth` tokens that are not timed. */
export interface ThroughputTest {
  readonly prompt: number;
  readonly generate: number;
  readonly depth: number;
}

export interface ThroughputOptions extends ThroughputTest {
  readonly repeats: number;
  /** One whole prompt and one token before the first timed run. Default true. */
  readonly warmup?: boolean;
  readonly seed: number;
  /** Asked before every step. */
  readonly isInterrupted?: () => boolean;
  /** Told right before and right after each timed run. */
  readonly onRun?: (moment: 'begin' | 'end') => void;
}

export interface Throughput {
  /** Nanoseconds of each run. Fewer than asked when it was interrupted. */
  readonly samples: readonly number[];
}

/** Sequences that an engine must have room for: the depth is computed once and forked for each run. */
export const sequencesFor = ({ depth }: Pick<ThroughputTest, 'depth'>): number => (depth > 0 ? 2 : 1);

/** `pp512`, `tg128`, `pp512+tg128 @ d4096`, as llama-bench names its tests. */
export function testName({ prompt, generate, depth }: ThroughputTest): string {
  const parts = [...(prompt > 0 ? [`pp${prompt}`] : []), ...(generate > 0 ? [`tg${generate}`] : [])];
  return `${parts.join('+')}${depth > 0 ? ` @ d${depth}` : ''}`;
}

/** A beginning mark where the model has one that it knows, then seeded random ids. */
export function randomTokens({ model }: Pick<LoadedModel, 'model'>, length: number, seed: number): readonly number[] {
  const { vocabulary } = model.h;
  const { bos = vocabulary } = model.checkpoint.generation;
  return Array.from({ length }, (_, index) => (index === 0 && bos < vocabulary ? bos : Math.floor(uniform(seed, 0, index) * vocabulary)));
}

const interrupted = (): LlmxError => new LlmxError('interrupted', 'the measurement was interrupted');

/** Appends tokens in prompt chunks; logits of the last one alone. */
async function prefill(sequences: Sequences, sequence: Sequence, ids: readonly number[], chunk: number, stop: () => boolean): Promise<void> {
  for (let begin = 0; begin < ids.length; begin += chunk) {
    if (stop()) throw interrupted();
    const part = ids.slice(begin, begin + chunk);
    await sequences.step([{ sequence, ids: part, rows: begin + part.length === ids.length ? [part.length - 1] : [] }]);
  }
}

/** Each token waits for the one before it, as sampling would. */
async function generate(
  { engine }: LoadedModel,
  sequences: Sequences,
  sequence: Sequence,
  ids: readonly number[],
  stop: () => boolean,
): Promise<void> {
  for (const id of ids) {
    if (stop()) throw interrupted();
    await sequences.step([{ sequence, ids: [id], rows: [0] }]);
    await engine.settle();
  }
}

/** Yields progress; an interruption ends it with the samples so far. The model needs a context of depth + prompt + generate. */
export async function* measureThroughput(loaded: LoadedModel, options: ThroughputOptions): AsyncGenerator<Event, Throughput, void> {
  const { prompt, generate: made, depth, repeats, warmup = true, seed } = options;
  const stop = options.isInterrupted ?? (() => false);
  const tokens = randomTokens(loaded, depth + prompt + made, seed);
  const sequences = createSequences(loaded.engine);
  const samples: number[] = [];
  const once = async (base: Sequence | undefined, timedPrompt: number, timedTokens: number): Promise<number> => {
    const sequence = base === undefined ? sequences.open() : await sequences.fork(base);
    try {
      const since = performance.now();
      await prefill(sequences, sequence, tokens.slice(depth, depth + timedPrompt), loaded.chunk, stop);
      await loaded.engine.settle();
      await generate(loaded, sequences, sequence, tokens.slice(depth + prompt, depth + prompt + timedTokens), stop);
      return Math.max(1, Math.round((performance.now() - since) * 1e6));
    } finally {
      sequences.close(sequence);
    }
  };
  try {
    await loaded.engine.warm();
    if (warmup) await once(undefined, prompt, Math.min(1, made));
    let base: Sequence | undefined;
    if (depth > 0) await prefill(sequences, (base = sequences.open()), tokens.slice(0, depth), loaded.chunk, stop);
    const phase = testName(options);
    for (let repeat = 1; repeat <= repeats; repeat++) {
      options.onRun?.('begin');
      samples.push(await once(base, prompt, made));
      options.onRun?.('end');
      yield { type: 'progress', phase, done: repeat, total: repeats, unit: 'runs' };
    }
    if (base !== undefined) sequences.close(base);
  } catch (thrown) {
    if (!(thrown instanceof LlmxError && thrown.code === 'interrupted')) throw thrown;
  }
  return { samples };
}
