// A conversation over an opened model: turns, branches, what the model sees and what its states spare. Knows no flags and no screen.
import { LlmxError } from '../../base/error.js';
import type { Job } from '../../base/event.js';
import type { FinishReason, GenerateOptions } from '../../generate/index.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { checkBias } from '../check-bias.js';
import { answer, type Answer, type Speaker } from './answer.js';
import { cleared, edited, retracted, undone, withMessages, withSystem, type Branch, type Branches } from './branches.js';
import type { ChatModel, ChatSettings, Conversation, Reply } from './conversation.js';
import { fullWarning, type Prompt, type Room } from './fit.js';
import { makeRoom } from './make-room.js';
import { contentOf } from './plain-forms.js';
import type { ReasoningSplitter } from './reasoning.js';
import type { Renderer } from './rendering.js';

/** A conversation with all that the contract leaves open. */
export type OpenConversation = Conversation & Required<Pick<Conversation, 'transcript' | 'restore' | 'proceed'>>;

export interface ConversationParts {
  readonly model: ChatModel;
  readonly speaker: Speaker;
  readonly renderer: Renderer;
  readonly branches: Branches;
  readonly settings: ChatSettings;
  /** True for a base model, whose text goes on and which answers no requests. */
  readonly isPlain: boolean;
  readonly eos: readonly number[];
  readonly stop: readonly string[];
}

/** The end of what was said last, so that it can go on exactly there. */
interface Said {
  readonly messages: readonly ChatMessage[];
  readonly whole: Prompt;
  readonly splitter: ReasoningSplitter;
}

const rate = (tokens: number, milliseconds: number): number => (milliseconds > 0 ? (tokens * 1000) / milliseconds : 0);

const assistant = (content: string, reasoning: string | null): ChatMessage => ({
  role: 'assistant',
  content,
  ...(reasoning === null ? {} : { reasoning_content: reasoning }),
});

export function createConversation(parts: ConversationParts): OpenConversation {
  const { model, speaker, renderer, branches } = parts;
  const { contextLength: size } = speaker.slot.opened.loaded;
  let settings = parts.settings;
  let isBusy = false;
  let replies = 0;
  let said: Said | undefined;
  let used: { readonly branch: Branch; readonly tokens: number } | undefined;

  const render = (branch: Branch): Prompt => {
    const text = renderer(branch, { variables: settings.variables });
    return { text, ids: speaker.encoder.encode(text) };
  };
  const countUsed = (): number => {
    const { current } = branches;
    if (current.messages.length === 0) return 0;
    if (used?.branch !== current) {
      let tokens = 0;
      try {
        tokens = speaker.encoder.encode(renderer(current, { variables: settings.variables, addGenerationPrompt: false })).length;
      } catch {
        // A branch that the template refuses has no tokens; the next reply says why.
      }
      used = { branch: current, tokens };
    }
    return used.tokens;
  };
  const idle = (): Branch => {
    if (isBusy) throw new LlmxError('internal', 'a reply is running');
    return branches.current;
  };
  const generationOf = (room: Room, signal: AbortSignal, seed: number): GenerateOptions => ({
    maxTokens: room.maxTokens,
    sampling: { ...settings.sampling, seed },
    eos: parts.eos,
    stop: [...settings.stop, ...parts.stop],
    ...(settings.logprobs === undefined ? {} : { logprobs: settings.logprobs }),
    isInterrupted: () => signal.aborted,
  });
  /** Each reply has a seed of its own, so that a retry is another one. */
  const nextSeed = (): number => (settings.sampling.seed + replies++) % 2 ** 32;

  /** Runs `turn` on a branch that holds what was said; whatever goes wrong leaves the conversation as it was. */
  async function* changing(begin: Branch, turn: (seed: number) => Job<readonly [Branch, Reply]>): Job<Reply> {
    const before = idle();
    const [saidBefore, usedBefore] = [said, used];
    isBusy = true;
    branches.set(begin);
    let isDone = false;
    try {
      const [branch, reply] = yield* turn(nextSeed());
      branches.set(branch);
      used = { branch, tokens: reply.prompt_tokens + reply.completion_tokens };
      isDone = true;
      return reply;
    } finally {
      isBusy = false;
      if (!isDone) {
        branches.set(before);
        [said, used] = [saidBefore, usedBefore];
      }
    }
  }

  /** Speaks, keeps the count of the context, and says when that is full. */
  async function* speak(prompt: Prompt, generation: GenerateOptions, room: Room, signal: AbortSignal, splitter?: ReasoningSplitter): Job<Answer> {
    const { current } = branches;
    const job = answer(speaker, prompt, { generation, owner: branches.name, ...(splitter === undefined ? {} : { splitter }) }, signal);
    try {
      for (;;) {
        const step = await job.next();
        if (step.done === true) {
          const { ids, finishReason } = step.value.generated;
          const isFull = finishReason === 'length' && (room.maxTokens < 0 || ids.length < room.maxTokens);
          if (isFull) yield fullWarning(Math.min(size, prompt.ids.length + ids.length), room);
          return step.value;
        }
        const event = step.value;
        if (event.type === 'token' || event.type === 'reasoning') used = { branch: current, tokens: prompt.ids.length + event.i + 1 };
        yield event;
      }
    } finally {
      await job.return(undefined as never);
    }
  }

  const reportOf = (
    prompt: Prompt,
    { text, reasoning, generated, reusedTokens, firstTokenMilliseconds }: Answer,
    branch: Branch,
    seed: number,
  ): Reply => {
    const { finishReason, ids, promptMilliseconds, generateMilliseconds } = generated;
    const prefilled = prompt.ids.length - reusedTokens;
    const whole = branch.hidden === 0 ? prompt : render({ messages: branch.messages, hidden: 0 });
    return {
      text,
      reasoning,
      finish_reason: finishReason,
      prompt_tokens: prompt.ids.length,
      reused_tokens: reusedTokens,
      prefilled_tokens: prefilled,
      completion_tokens: ids.length,
      dropped_messages: branch.hidden,
      truncated_tokens: Math.max(0, whole.ids.length - prompt.ids.length),
      seed,
      timings: {
        prompt_ms: promptMilliseconds,
        prompt_tps: rate(prefilled, promptMilliseconds),
        first_token_ms: firstTokenMilliseconds,
        gen_ms: generateMilliseconds,
        gen_tps: rate(ids.length, generateMilliseconds),
      },
    };
  };
  /** Of a reply that ended before it began. */
  const silentReport = (prompt: Prompt, finish_reason: FinishReason, branch: Branch, seed: number): Reply => ({
    ...{ text: '', reasoning: null, finish_reason, prompt_tokens: prompt.ids.length, reused_tokens: 0, prefilled_tokens: 0, completion_tokens: 0 },
    ...{ dropped_messages: branch.hidden, truncated_tokens: 0, seed },
    timings: { prompt_ms: 0, prompt_tps: 0, first_token_ms: 0, gen_ms: 0, gen_tps: 0 },
  });

  async function* replyTurn(begin: Branch, signal: AbortSignal, seed: number): Job<readonly [Branch, Reply]> {
    const room: Room = { size, maxTokens: settings.maxTokens };
    const generation = generationOf(room, signal, seed);
    const situation = { branch: begin, room, speaker, owner: branches.name, generation, canSummarize: !parts.isPlain, render };
    const { branch, prompt } = yield* makeRoom(situation, settings.contextPolicy, signal);
    const add = (message: ChatMessage): Branch => ({ ...branch, messages: [...branch.messages, message] });
    const isFull = prompt.ids.length > size;
    if (signal.aborted || isFull) {
      if (!signal.aborted) yield fullWarning(prompt.ids.length, room);
      return [add(assistant('', null)), silentReport(prompt, signal.aborted ? 'interrupted' : 'length', branch, seed)];
    }
    const spoken = yield* speak(prompt, generation, room, signal);
    const after = add(assistant(spoken.text, spoken.reasoning));
    said = { messages: after.messages, whole: spoken.whole, splitter: spoken.splitter };
    return [after, reportOf(prompt, spoken, branch, seed)];
  }

  async function* proceedTurn(begin: Branch, signal: AbortSignal, seed: number): Job<readonly [Branch, Reply]> {
    const last = begin.messages.at(-1)!;
    const room: Room = { size, maxTokens: settings.maxTokens };
    const known = said?.messages === begin.messages ? said : undefined;
    let prompt = known?.whole;
    if (prompt === undefined) {
      const text = renderer({ ...begin, messages: begin.messages.slice(0, -1) }, { variables: settings.variables }) + contentOf(last);
      prompt = { text, ids: speaker.encoder.encode(text) };
    }
    if (prompt.ids.length > size)
      throw new LlmxError(
        'context-exceeded',
        `the context of ${size} tokens is full; the reply cannot go on`,
        'Raise --ctx-size, or take something back',
      );
    const spoken = yield* speak(prompt, generationOf(room, signal, seed), room, signal, known?.splitter);
    const old = typeof last['reasoning_content'] === 'string' ? last['reasoning_content'] : '';
    const message = { ...last, ...assistant(contentOf(last) + spoken.text, old + (spoken.reasoning ?? '') || null) };
    const after = { ...begin, messages: [...begin.messages.slice(0, -1), message] };
    said = { messages: after.messages, whole: spoken.whole, splitter: spoken.splitter };
    return [after, reportOf(prompt, spoken, { ...begin, hidden: 0 }, seed)];
  }

  return {
    model,
    get messages() {
      return branches.current.messages;
    },
    get branches() {
      return branches.names;
    },
    get branch() {
      return branches.name;
    },
    get context() {
      return { used: countUsed(), size };
    },
    get settings() {
      return settings;
    },
    get transcript() {
      return branches.transcript;
    },
    configure(change) {
      idle();
      if (change.sampling !== undefined) checkBias(change.sampling, speaker.slot.opened.loaded.model.h.vocabulary);
      settings = { ...settings, ...change };
      used = undefined;
    },
    reply(message, signal) {
      const before = idle();
      const added: readonly ChatMessage[] = message === undefined ? [] : [typeof message === 'string' ? { role: 'user', content: message } : message];
      const begin = withMessages(before, [...before.messages, ...added]);
      return changing(begin, (seed) => replyTurn(begin, signal, seed));
    },
    proceed(signal) {
      const begin = idle();
      if (begin.messages.at(-1)?.role !== 'assistant') throw new LlmxError('usage', 'there is no reply to go on with', 'Say something first');
      return changing(begin, (seed) => proceedTurn(begin, signal, seed));
    },
    undo() {
      const found = undone(idle());
      if (found !== undefined) branches.set(found.branch);
      return found?.message;
    },
    retract() {
      const found = retracted(idle());
      if (found !== undefined) branches.set(found);
      return found !== undefined;
    },
    edit: (nth, text) => branches.set(edited(idle(), nth, text)),
    fork(name) {
      idle();
      return branches.fork(name);
    },
    switchTo(name) {
      idle();
      branches.switchTo(name);
    },
    setSystem: (text) => branches.set(withSystem(idle(), text)),
    clear: () => branches.set(cleared(idle())),
    restore(transcript) {
      idle();
      branches.restore(transcript);
    },
    rendered: () => renderer(branches.current, { variables: settings.variables, addGenerationPrompt: false }),
    countTokens: (text) => speaker.tokenizer.encode(text, { special: false }).length,
    [Symbol.asyncDispose]: () => speaker.slot.opened.loaded.engine.close(),
  };
}
