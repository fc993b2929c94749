// One reply of an opened model to a prompt: only what no held state covers is read, thoughts are split off, and the state is kept.
import type { Job } from '../../base/event.js';
import type { GenerateOptions, LoadedModel } from '../../generate/index.js';
import { createDetokenizer } from '../../text/detokenizer.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { generateOn, type GeneratedOn, type Slot } from '../generate-on.js';
import type { Prompt } from './fit.js';
import { createHeldStates, type HeldStates } from './held-states.js';
import type { PromptEncoder } from './prompt-encoder.js';
import { createReasoningSplitter, type ReasoningSplitter } from './reasoning.js';
import { splitEvents } from './split-events.js';

/** An opened model that speaks. */
export interface Speaker {
  readonly slot: Slot;
  readonly tokenizer: Tokenizer;
  readonly encoder: PromptEncoder;
  /** Of the model in the slot. */
  states(loaded: LoadedModel): HeldStates;
}

export function createSpeaker(slot: Slot, tokenizer: Tokenizer, encoder: PromptEncoder): Speaker {
  let held: { readonly loaded: LoadedModel; readonly states: HeldStates } | undefined;
  return {
    slot,
    tokenizer,
    encoder,
    states(loaded) {
      if (held?.loaded !== loaded) held = { loaded, states: createHeldStates(loaded) };
      return held.states;
    },
  };
}

export interface Answer {
  readonly text: string;
  readonly reasoning: string | null;
  readonly generated: GeneratedOn;
  readonly reusedTokens: number;
  readonly firstTokenMilliseconds: number;
  /** The prompt with all that the model said, and its ids. */
  readonly whole: Prompt;
  /** As it stands behind the answer, for whoever goes on with it. */
  readonly splitter: ReasoningSplitter;
}

export interface AnswerOptions {
  readonly generation: GenerateOptions;
  /** Whose state it is: a branch's name. */
  readonly owner: string;
  /** Of the `progress` events. */
  readonly phase?: string;
  readonly splitter?: ReasoningSplitter;
}

export async function* answer(speaker: Speaker, prompt: Prompt, options: AnswerOptions, signal: AbortSignal): Job<Answer> {
  const { slot, tokenizer, encoder } = speaker;
  const { owner, generation, phase = 'prompt', splitter = createReasoningSplitter(prompt.text) } = options;
  const begin = performance.now();
  const states = (): HeldStates => speaker.states(slot.opened.loaded);
  const reusedTokens = states().reusable(prompt.ids);
  yield { type: 'progress', phase, done: 0, total: prompt.ids.length - reusedTokens, unit: 'tokens' };
  const made: number[] = [];
  const job = generateOn(slot, tokenizer, prompt.ids, generation, signal, async (loaded) => {
    const held = speaker.states(loaded);
    const sequence = await held.take([...prompt.ids, ...made], owner);
    return { sequences: held.sequences, sequence };
  });
  const split = splitEvents(job, tokenizer, splitter);
  let firstTokenMilliseconds = 0;
  try {
    for (;;) {
      const step = await split.next();
      if (step.done === true) {
        const { result: generated, text, reasoning } = step.value;
        await states().mark(owner);
        const whole = wholeOf(prompt, generated, generation, tokenizer);
        // Control pieces that the model said are in no rendered text.
        if (!whole.ids.slice(prompt.ids.length).some((id) => tokenizer.isControl(id))) encoder.remember(whole.text, whole.ids);
        return { text, reasoning, generated, reusedTokens, firstTokenMilliseconds, whole, splitter };
      }
      const event = step.value;
      if (event.type === 'token' || event.type === 'reasoning') {
        if (firstTokenMilliseconds === 0) firstTokenMilliseconds = performance.now() - begin;
        made[event.i] = event.id;
        states().makeRoom(owner);
      }
      yield event.type === 'progress' ? { ...event, phase } : event;
    }
  } finally {
    await split.return(undefined as never);
  }
}

/** The prompt and what was said, without the token that ended it and without what a stop rule cut off. */
function wholeOf(prompt: Prompt, { ids, text, finishReason }: GeneratedOn, { eos }: GenerateOptions, tokenizer: Tokenizer): Prompt {
  if (finishReason !== 'stop') {
    const spoken = finishReason === 'eos' && eos.includes(ids.at(-1)!) ? ids.slice(0, -1) : ids;
    return { text: prompt.text + text, ids: [...prompt.ids, ...spoken] };
  }
  const detokenizer = createDetokenizer(tokenizer, { continues: true });
  let [length, kept, said] = [0, 0, ''];
  for (const id of ids) {
    const more = detokenizer.push(id);
    length++;
    if (said.length + more.length > text.length) break;
    if (more !== '') kept = length;
    said += more;
  }
  return { text: prompt.text + said, ids: [...prompt.ids, ...ids.slice(0, kept)] };
}
