// One prompt to text: prefill in chunks, then step, sample, detokenize, until a stop rule holds. Yields events; prints nothing.
import { LlmxError } from '../base/error.js';
import type { Event, TokenAlternative } from '../base/event.js';
import { createDetokenizer } from '../text/detokenizer.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { LoadedModel } from './load.js';
import { logprobs, type Logprobs } from './logprobs.js';
import { decisive, sample, sampleLargest } from './samplers/index.js';
import type { SamplingSettings } from './samplers/sampler.js';
import type { Sequence, Sequences, Work } from './sequences.js';
import { createStopScanner } from './stop.js';

export interface GenerateOptions {
  /** Most tokens to generate; -1 goes on to the end of the context. */
  readonly maxTokens: number;
  readonly sampling: SamplingSettings;
  /** Ids that end the text. Empty to ignore the model's own. */
  readonly eos: readonly number[];
  readonly stop: readonly string[];
  /** Alternatives to report with each token; undefined reports no log-probabilities. */
  readonly logprobs?: number;
  /** Tokens that were generated before, on a device that was lost: they are read with the prompt, and get no events. */
  readonly made?: readonly number[];
  /** Asked before every token: true ends the text with `interrupted`. */
  readonly isInterrupted?: () => boolean;
}

export type FinishReason = 'stop' | 'length' | 'eos' | 'interrupted';

export interface Generated {
  readonly text: string;
  readonly ids: readonly number[];
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  /** Tokens of the prompt whose state was already held. */
  readonly reusedTokens: number;
  readonly promptMilliseconds: number;
  readonly generateMilliseconds: number;
}

/** Throws LlmxError('context-exceeded') that says by how much a prompt is too long. */
export function checkPrompt(promptTokens: number, contextLength: number): void {
  if (promptTokens === 0)
    throw new LlmxError('usage', 'the prompt is empty and this model has no beginning mark', 'Give at least one token of prompt');
  if (promptTokens <= contextLength) return;
  const surplus = promptTokens - contextLength;
  throw new LlmxError(
    'context-exceeded',
    `the prompt has ${promptTokens} tokens, ${surplus} more than the context of ${contextLength}`,
    'Shorten the prompt or raise --ctx-size',
  );
}

function checkIds(prompt: readonly number[], vocabulary: number): void {
  const foreign = prompt.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (foreign === undefined) return;
  throw new LlmxError(
    'malformed',
    `the tokenizer gives token ${foreign}, the model knows ${vocabulary}`,
    'Tokenizer and weights do not belong together; pass the right one with --tokenizer FILE',
  );
}

/** One token as it reads behind others; U+FFFD for a part of a character. */
function tokenText(tokenizer: Tokenizer, id: number): string {
  const detokenizer = createDetokenizer(tokenizer, { continues: true });
  return detokenizer.push(id) + detokenizer.finish();
}

/** False when the step was aborted. */
async function advance(sequences: Sequences, work: readonly Work[]): Promise<boolean> {
  try {
    await sequences.step(work);
    return true;
  } catch (thrown) {
    if (thrown instanceof LlmxError && thrown.code === 'interrupted') return false;
    throw thrown;
  }
}

interface Prefilled {
  /** Tokens whose state was already held. */
  readonly shared: number;
  /** False when it was interrupted on the way. */
  readonly complete: boolean;
}

/** Runs the part of `ids` that the sequence does not hold yet; the logits of its last token are row 0 afterwards. */
async function* prefill(
  loaded: LoadedModel,
  sequences: Sequences,
  sequence: Sequence,
  ids: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<Event, Prefilled, void> {
  let shared = 0;
  while (shared < sequence.tokens.length && shared < ids.length - 1 && sequence.tokens[shared] === ids[shared]) shared++;
  const isRecurrent = loaded.model.h.stateWidth > 0;
  if (shared < sequence.tokens.length && isRecurrent) shared = 0;
  await sequences.truncate(sequence, shared);
  const since = performance.now();
  for (let begin = shared; begin < ids.length; begin += loaded.chunk) {
    if (options.isInterrupted?.()) return { shared, complete: false };
    const part = ids.slice(begin, begin + loaded.chunk);
    const rows = begin + part.length === ids.length ? [part.length - 1] : [];
    if (!(await advance(sequences, [{ sequence, ids: part, rows }]))) return { shared, complete: false };
    const done = begin + part.length;
    const seconds = Math.max(1e-9, (performance.now() - since) / 1000);
    yield { type: 'progress', phase: 'prompt', done: done - shared, total: ids.length - shared, unit: 'tokens', rate: (done - shared) / seconds };
  }
  return { shared, complete: true };
}

export async function* generate(
  loaded: LoadedModel,
  tokenizer: Tokenizer,
  sequences: Sequences,
  sequence: Sequence,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<Event, Generated, void> {
  checkPrompt(prompt.length, loaded.contextLength);
  checkIds(prompt, loaded.model.h.vocabulary);
  const begin = performance.now();
  const { made = [] } = options;
  const history = [...prompt, ...made];
  const { shared: reusedTokens, complete } = yield* prefill(loaded, sequences, sequence, history, options);
  const prefilled = performance.now();

  const most = Math.min(options.maxTokens < 0 ? Infinity : options.maxTokens, loaded.contextLength - prompt.length + 1);
  const logits = new Float32Array(loaded.model.h.vocabulary);
  const detokenizer = createDetokenizer(tokenizer, { continues: prompt.some((id) => !tokenizer.isControl(id)) });
  const scanner = createStopScanner(options.stop);
  const few = options.logprobs === undefined ? decisive(options.sampling) : undefined;
  const ids = [...made];
  const pieces = made.map((id) => scanner.push(detokenizer.push(id)).text);
  let isWhole = false;
  let finishReason: FinishReason = complete ? 'length' : 'interrupted';
  /** What was held back because more might have followed. */
  const rest = (): string => scanner.push(detokenizer.finish()).text + scanner.finish();
  const alternative = (each: Omit<TokenAlternative, 'text'>): TokenAlternative => ({ ...each, text: tokenText(tokenizer, each.id) });
  const event = (text: string, id: number, probabilities: Logprobs | undefined): Event => {
    pieces.push(text);
    return {
      type: 'token',
      i: ids.length - 1,
      text,
      id,
      ...(probabilities && { logprob: probabilities.of(id), top: probabilities.top.map(alternative) }),
    };
  };

  while (complete && ids.length < most) {
    if (options.isInterrupted?.()) {
      finishReason = 'interrupted';
      break;
    }
    const isLast = ids.length + 1 >= most;
    // A greedy token's own step begins on the device before the token is known here; what ends the text takes it back.
    const follow = few === 1 && !isLast ? sequences.follow : undefined;
    const takeBack = async (): Promise<void> => {
      if (follow !== undefined) await sequences.truncate(sequence, sequence.tokens.length - 1);
    };
    const largest = follow !== undefined ? await follow(sequence, 0) : few === undefined ? undefined : await sequences.largest(0, few);
    if (largest === undefined) await sequences.logits(0, logits);
    const probabilities = options.logprobs === undefined ? undefined : logprobs(logits.slice(), options.logprobs);
    const id = largest === undefined ? sample(logits, options.sampling, history, ids.length) : sampleLargest(largest, options.sampling, ids.length);
    ids.push(id);
    history.push(id);
    if (options.eos.includes(id)) {
      finishReason = 'eos';
      await takeBack();
      break;
    }
    const { text, stopped } = scanner.push(detokenizer.push(id));
    isWhole = stopped || isLast;
    if (stopped) await takeBack();
    yield event(isLast && !stopped ? text + rest() : text, id, probabilities);
    if (stopped) {
      finishReason = 'stop';
      break;
    }
    if (!isLast && follow === undefined && !(await advance(sequences, [{ sequence, ids: [id], rows: [0] }]))) {
      finishReason = 'interrupted';
      break;
    }
  }
  // The end token has no event yet: what was held back is its text. An interruption alone gives the last token a second one.
  const tail = isWhole ? '' : rest();
  if (tail !== '') yield event(tail, ids[ids.length - 1]!, undefined);
  return {
    text: pieces.join(''),
    ids,
    finishReason,
    promptTokens: prompt.length,
    reusedTokens,
    promptMilliseconds: prefilled - begin,
    generateMilliseconds: performance.now() - prefilled,
  };
}
