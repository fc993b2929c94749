// The conversation of the screen: opened behind the prompt, answered, saved after every turn, closed at the end.
import { asLlmxError, LlmxError } from '../../core/base/error.js';
import type { Event, Job } from '../../core/base/event.js';
import type { ChatSettings, ContextPolicy, Conversation, Reply } from '../../core/jobs/chat/conversation.js';
import type { Desk, Tally, Transcript } from './desk.js';
import type { Page } from './markdown/blocks.js';
import type { ScreenOptions } from './options.js';
import { drive, showReply } from './reply.js';
import type { Choice, ScreenState, Status } from './state.js';
import type { Store } from './store.js';

export interface TalkParts {
  readonly options: ScreenOptions;
  readonly store: Store<ScreenState>;
  readonly transcript: Transcript;
  readonly page: () => Page;
  readonly isTyping: () => boolean;
  /** Asks the user; resolves to the key of an option. */
  readonly ask: (question: string, choices: Choice['options']) => Promise<string>;
}

export interface Talk extends Pick<
  Desk,
  'conversation' | 'initialSettings' | 'tally' | 'lastThought' | 'reply' | 'proceed' | 'save' | 'answerAnew' | 'beginSession' | 'refresh' | 'stop'
> {
  /** True when the job ended in a conversation; what it throws is thrown on. */
  open(words: string, job: (signal: AbortSignal) => Job<Conversation>): Promise<boolean>;
  readonly session: string | undefined;
  /** Whether the conversation has a session already. */
  readonly isKept: boolean;
  /** Stops what runs and gives it a moment to end. */
  settle(): Promise<void>;
  /** Releases the model. */
  close(): Promise<void>;
}

const [stopMilliseconds, releaseMilliseconds] = [1000, 2000];

export function createTalk({ options, store, transcript, page, isTyping, ask }: TalkParts): Talk {
  let current: Conversation | undefined;
  let initial: ChatSettings | undefined;
  let session: string | undefined;
  let aborter: AbortController | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isKept = options.showsPast === true;
  let lastThought = '';
  let tally: Tally = { turns: 0, promptTokens: 0, reusedTokens: 0, completionTokens: 0, last: undefined };

  const conversation = (): Conversation => {
    if (current === undefined) throw new LlmxError('usage', 'the model is still loading', 'Write on meanwhile: a message is sent when it is there');
    return current;
  };

  const refresh = (): void => {
    // A draft that was to change a message of the conversation before is a draft like others.
    if (current !== undefined) store.change({ status: statusOf(current, tally.last), editing: undefined });
  };

  /** One thing at a time, and it can be stopped. */
  const during = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    aborter = new AbortController();
    const done = work(aborter.signal);
    running = done.catch(() => {});
    try {
      return await done;
    } finally {
      aborter = undefined;
      store.change({ phase: { name: 'idle' } });
      refresh();
    }
  };

  const open: Talk['open'] = (words, job) =>
    during(async (signal) => {
      const phase = (done: number, total: number): ScreenState['phase'] => ({ name: 'opening', words, done, total, unit: '' });
      store.change({ phase: phase(0, 0) });
      const opened = await drive(job(signal), (event: Event) => {
        if (event.type === 'progress') store.soon({ phase: phase(event.done, event.total) });
        else if (event.type === 'warning') transcript.tell(`warning: ${event.message}`, 'warning');
      });
      if (current !== undefined && current !== opened) await current[Symbol.asyncDispose]();
      current = opened;
      initial = opened.settings;
      return true;
    });

  const save: Desk['save'] = async (name) => {
    if (options.sessions === undefined || current === undefined) return undefined;
    try {
      session = await options.sessions.save(current, name);
      isKept = true;
      return session;
    } catch (error) {
      transcript.tell(`warning: the session is not saved: ${asLlmxError(error).message}`, 'warning');
      return undefined;
    }
  };

  const count = (reply: Reply, thought: string): void => {
    lastThought = thought;
    tally = {
      turns: tally.turns + 1,
      promptTokens: tally.promptTokens + reply.prompt_tokens,
      reusedTokens: tally.reusedTokens + reply.reused_tokens,
      completionTokens: tally.completionTokens + reply.completion_tokens,
      last: reply,
    };
    const ended = endWords(reply, conversation().settings.maxTokens);
    if (ended !== undefined) transcript.tell(ended);
  };

  const replyOnce = (job: (signal: AbortSignal) => Job<Reply>): Promise<void> =>
    during(async (signal) => {
      store.change({ phase: { name: 'prompt', words: 'reading', done: 0, total: 0, unit: 'tokens' } });
      const { reply, thought } = await showReply(job(signal), {
        ...{ store, transcript, page, isTyping },
        used: () => conversation().context.used,
      });
      count(reply, thought);
    });

  /** The context is full, and the user says what then. Rejects with the refusal when that is to leave it. */
  const askAndReply = async (job: (signal: AbortSignal) => Job<Reply>, refusal: LlmxError): Promise<void> => {
    const answer = await ask(refusal.message, contextChoices);
    if (answer === 'cancel') throw refusal;
    conversation().configure({ contextPolicy: answer as ContextPolicy });
    try {
      await replyOnce(job);
    } finally {
      conversation().configure({ contextPolicy: 'ask' });
    }
    await save();
  };

  const answer = async (job: (signal: AbortSignal) => Job<Reply>): Promise<void> => {
    try {
      await replyOnce(job);
      await save();
    } catch (thrown) {
      const error = asLlmxError(thrown);
      const asks = error.code === 'context-exceeded' && conversation().settings.contextPolicy === 'ask';
      if (!asks) throw error;
      await askAndReply(job, error);
    }
  };

  const answerAnew: Desk['answerAnew'] = async (change) => {
    const kept = conversation();
    const { transcript } = kept;
    try {
      change(kept);
      refresh();
      await answer((signal) => kept.reply(undefined, signal));
    } catch (thrown) {
      if (transcript !== undefined && kept === current) kept.restore?.(transcript);
      refresh();
      throw thrown;
    }
  };

  return {
    conversation,
    initialSettings: () => initial ?? conversation().settings,
    get tally() {
      return tally;
    },
    get lastThought() {
      return lastThought;
    },
    get session() {
      return session;
    },
    ...{ open, refresh, save, answerAnew },
    get isKept() {
      return isKept;
    },
    beginSession() {
      options.sessions?.begin();
      [session, isKept] = [undefined, false];
    },
    reply: (said) => answer((signal) => conversation().reply(said, signal)),
    proceed() {
      const current = conversation();
      if (current.proceed === undefined) throw new LlmxError('usage', 'this conversation cannot go on with a reply', '');
      return answer((signal) => current.proceed!(signal));
    },
    stop: () => aborter?.abort(new LlmxError('interrupted', 'interrupted')),
    async settle() {
      aborter?.abort(new LlmxError('interrupted', 'interrupted'));
      await atMost(running, stopMilliseconds);
    },
    async close() {
      if (current !== undefined) await atMost(Promise.resolve(current[Symbol.asyncDispose]()), releaseMilliseconds);
    },
  };
}

const contextChoices: Choice['options'] = [
  { key: 'slide', label: 'forget the oldest messages' },
  { key: 'summarize', label: 'let the model sum up the oldest messages' },
  { key: 'stop', label: 'answer in what is left' },
  { key: 'cancel', label: 'back to the editor' },
];

/** What is worth a line after a reply. */
function endWords(
  { finish_reason: reason, completion_tokens: tokens, dropped_messages: dropped, truncated_tokens: truncated }: Reply,
  maxTokens: number,
): string | undefined {
  const isFull = reason === 'length' && (maxTokens < 0 || tokens < maxTokens);
  const cut = isFull ? `cut after ${tokens} tokens: the context is full` : `cut after ${tokens} tokens; /set n-predict N changes that`;
  const words = [
    ...(reason === 'interrupted' ? ['stopped'] : reason === 'length' ? [cut] : []),
    ...(dropped > 0 ? [`${dropped} messages (${truncated} tokens) were left out: the context is full`] : []),
  ];
  return words.length === 0 ? undefined : words.join('; ');
}

function statusOf({ model, context, branch }: Conversation, last: Reply | undefined): Status {
  const name = model.reference
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1)!;
  // A reply that was stopped while its prompt was read has no speed.
  const timings = last !== undefined && last.completion_tokens > 0 ? last.timings : undefined;
  return {
    ...{ model: name, quantization: model.quantization, device: model.device, used: context.used, size: context.size, branch },
    tokensPerSecond: timings?.gen_tps,
    firstTokenSeconds: timings && timings.first_token_ms / 1000,
  };
}

function atMost(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(end, end);
  });
}
