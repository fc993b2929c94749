// `llmx run`: one prompt to text, written by the model's chat template where it has one.
import type { Job, JsonObject } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import type { FinishReason, GenerateOptions, SamplingSettings } from '../generate/index.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { unsplit, type ReasoningSplitter } from './chat/reasoning.js';
import type { PromptWriter, TemplateOptions } from './chat/run-prompt.js';
import { splitEvents } from './chat/split-events.js';
import { checkBias } from './check-bias.js';
import { generateOn, type Slot } from './generate-on.js';
import { interruptibly } from './interruptibly.js';
import { loadOn, type DeviceOptions } from './load-on.js';
import { openReference, tokenizerOf, type ModelChoice } from './open-model.js';
import { fitPrompt, type Overflow } from './overflow.js';

export interface RunOptions extends ModelChoice, DeviceOptions {
  /** Asked once the model is open, so that a model that cannot run is told before anybody is waited for. */
  readonly prompt: () => Promise<string>;
  readonly chat: TemplateOptions;
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
  /** What the model thought before it answered; null where it did not. */
  readonly reasoning: string | null;
  /** The chat template that wrote the prompt; null for plain text. */
  readonly template: string | null;
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

interface Encoded {
  readonly ids: readonly number[];
  readonly eos: readonly number[];
  readonly stop: readonly string[];
  readonly splitter?: ReasoningSplitter;
}

/** Undefined where the text is gone on with as it stands. */
async function* prepare(checkpoint: Checkpoint, tokenizer: Tokenizer, chat: TemplateOptions): Job<PromptWriter | undefined> {
  const { chatTemplate, messages } = chat;
  const isText = chatTemplate === 'none' || (chatTemplate === 'auto' && checkpoint.chatTemplate === undefined);
  if (messages === undefined && isText) return undefined;
  const { preparePrompt } = await import('./chat/run-prompt.js');
  return yield* preparePrompt(checkpoint, tokenizer, chat);
}

/** A prompt without a template: the system text is its first paragraph. */
async function encodePlain({ prompt, chat }: RunOptions, tokenizer: Tokenizer): Promise<Encoded> {
  const parts = [chat.system ?? '', await prompt()].filter((part) => part !== '');
  return { ids: interruptibly(() => tokenizer.encode(parts.join('\n\n'))), eos: [], stop: [] };
}

export async function* run(options: RunOptions, signal: AbortSignal): Job<RunReport> {
  const begin = performance.now();
  const checkpoint = yield* openReference(options, { signal });
  signal.throwIfAborted();
  const tokenizer = await tokenizerOf(checkpoint);
  signal.throwIfAborted();
  const writer = yield* prepare(checkpoint, tokenizer, options.chat);
  if (writer !== undefined) yield { type: 'plan', plan: { template: writer.name } };
  const slot: Slot = { opened: yield* loadOn(checkpoint, options, options) };
  const { loaded } = slot.opened;
  const loadedAt = performance.now();
  try {
    checkBias(options.sampling, loaded.model.h.vocabulary);
    signal.throwIfAborted();
    const encoded: Encoded = await (writer === undefined ? encodePlain(options, tokenizer) : writer.write(options.prompt));
    signal.throwIfAborted();
    const { ids, dropped } = fitPrompt(encoded.ids, loaded.contextLength, options.overflow, tokenizer.special.addBos ? 1 : 0, options.maxTokens);
    if (dropped > 0)
      yield { type: 'warning', code: 'truncated', message: `${dropped} tokens of the prompt were dropped to fit ${loaded.contextLength}` };
    yield { type: 'progress', phase: 'prompt', done: 0, total: ids.length, unit: 'tokens' };
    const tokens: JsonObject[] = [];
    const generationOptions: GenerateOptions = {
      maxTokens: options.maxTokens,
      sampling: options.sampling,
      eos: options.ignoreEos ? [] : [...checkpoint.generation.eos, ...encoded.eos],
      stop: [...options.stop, ...encoded.stop],
      ...(options.logprobs === undefined ? {} : { logprobs: options.logprobs }),
      isInterrupted: () => signal.aborted,
    };
    const generation = splitEvents(generateOn(slot, tokenizer, ids, generationOptions, signal), tokenizer, encoded.splitter ?? unsplit);
    for (;;) {
      const step = await generation.next();
      if (step.done) {
        const { text, reasoning, result } = step.value;
        const { ids: made, device, finishReason, promptTokens, promptMilliseconds, generateMilliseconds } = result;
        return {
          model: options.reference,
          device,
          template: writer?.name ?? null,
          context_length: loaded.contextLength,
          prompt_tokens: promptTokens,
          completion_tokens: made.length,
          truncated_tokens: dropped,
          text,
          reasoning,
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
