// `llmx run`: one prompt to text.
import { LlmxError } from '../base/error.js';
import type { Job, JsonObject } from '../base/event.js';
import type { GenerateOptions, SamplingSettings } from '../generate/index.js';
import type { FinishReason } from '../generate/index.js';
import { generateOn, type Slot } from './generate-on.js';
import { interruptibly } from './interruptibly.js';
import { loadOn, type DeviceOptions } from './load-on.js';
import { openReference, tokenizerOf, type ModelChoice } from './open-model.js';
import { fitPrompt, type Overflow } from './overflow.js';

export interface RunOptions extends ModelChoice, DeviceOptions {
  /** Asked once the model is open, so that a model that cannot run is told before anybody is waited for. */
  readonly prompt: () => Promise<string>;
  readonly threads: number;
  readonly contextLength: number;
  readonly chunk: number;
  readonly cacheFormat: 'f16' | 'f32';
  readonly overflow: Overflow;
  readonly maxTokens: number;
  readonly sampling: SamplingSettings;
  readonly stop: readonly string[];
  readonly ignoreEos: boolean;
  readonly logprobs?: number;
}

export interface RunReport {
  readonly model: string;
  /** What ran it. */
  readonly device: string;
  readonly context_length: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly truncated_tokens: number;
  readonly text: string;
  readonly reasoning: null;
  readonly finish_reason: FinishReason;
  readonly seed: number;
  readonly logprobs?: readonly JsonObject[];
  readonly timings: {
    readonly load_ms: number;
    readonly prompt_ms: number;
    readonly prompt_tps: number;
    readonly gen_ms: number;
    readonly gen_tps: number;
  };
}

const rate = (tokens: number, milliseconds: number): number => (milliseconds > 0 ? (tokens * 1000) / milliseconds : 0);

function checkBias({ logitBias }: SamplingSettings, vocabulary: number): void {
  const foreign = [...logitBias.keys()].find((id) => id >= vocabulary);
  if (foreign !== undefined)
    throw new LlmxError('usage', `--logit-bias ${foreign}: the model has no such token`, `Its ${vocabulary} tokens are 0 to ${vocabulary - 1}`);
}

export async function* run(options: RunOptions, signal: AbortSignal): Job<RunReport> {
  const begin = performance.now();
  const checkpoint = yield* openReference(options);
  signal.throwIfAborted();
  if (checkpoint.chatTemplate !== undefined)
    yield { type: 'warning', code: 'raw-prompt', message: 'this model has a chat template; run continues the text as it stands' };
  const tokenizer = await tokenizerOf(checkpoint);
  signal.throwIfAborted();
  const slot: Slot = { opened: yield* loadOn(checkpoint, options, options) };
  const { loaded } = slot.opened;
  const loadedAt = performance.now();
  try {
    checkBias(options.sampling, loaded.model.h.vocabulary);
    signal.throwIfAborted();
    const prompt = await options.prompt();
    const encoded = interruptibly(() => tokenizer.encode(prompt));
    signal.throwIfAborted();
    const { ids, dropped } = fitPrompt(encoded, loaded.contextLength, options.overflow, tokenizer.special.addBos ? 1 : 0, options.maxTokens);
    if (dropped > 0)
      yield { type: 'warning', code: 'truncated', message: `${dropped} tokens of the prompt were dropped to fit ${loaded.contextLength}` };
    yield { type: 'progress', phase: 'prompt', done: 0, total: ids.length, unit: 'tokens' };
    const tokens: JsonObject[] = [];
    const generationOptions: GenerateOptions = {
      maxTokens: options.maxTokens,
      sampling: options.sampling,
      eos: options.ignoreEos ? [] : checkpoint.generation.eos,
      stop: options.stop,
      ...(options.logprobs === undefined ? {} : { logprobs: options.logprobs }),
      isInterrupted: () => signal.aborted,
    };
    const generation = generateOn(slot, tokenizer, ids, generationOptions, signal);
    for (;;) {
      const step = await generation.next();
      if (step.done) {
        const { text, ids: made, device, finishReason, promptTokens, promptMilliseconds, generateMilliseconds } = step.value;
        return {
          model: options.reference,
          device,
          context_length: loaded.contextLength,
          prompt_tokens: promptTokens,
          completion_tokens: made.length,
          truncated_tokens: dropped,
          text,
          reasoning: null,
          finish_reason: finishReason,
          seed: options.sampling.seed,
          ...(options.logprobs === undefined ? {} : { logprobs: tokens }),
          timings: {
            load_ms: loadedAt - begin,
            prompt_ms: promptMilliseconds,
            prompt_tps: rate(promptTokens, promptMilliseconds),
            gen_ms: generateMilliseconds,
            gen_tps: rate(made.length, generateMilliseconds),
          },
        };
      }
      if (options.logprobs !== undefined && step.value.type === 'token') {
        const { id, text, logprob, top } = step.value;
        tokens.push({ id, text, logprob, top: top?.map((each) => ({ ...each })) });
      }
      yield step.value;
    }
  } finally {
    await slot.opened.loaded.engine.close();
  }
}
