// A conversation that says what it is told to say, at a pace: what the chat screen is tried on without a model.
import { LlmxError } from '../../src/core/base/error.js';
import type { Event, Job } from '../../src/core/base/event.js';
import type { ChatSettings, Conversation, Reply } from '../../src/core/jobs/chat/conversation.js';
import { defaultSampling } from '../../src/core/generate/index.js';
import type { ChatMessage } from '../../src/core/text/chat-template.js';

export interface FakeOptions {
  /** What is answered to a message. `<think>...</think>` at the beginning becomes reasoning events. */
  readonly answer: (said: string) => string;
  /** 0: as fast as the loop turns. */
  readonly eventsPerSecond?: number;
  /** Asked before each event of an answer: it goes on when that resolves, or is stopped. */
  readonly gate?: (said: string, event: number) => Promise<void> | undefined;
  readonly promptSteps?: number;
  readonly size?: number;
  readonly messages?: readonly ChatMessage[];
  readonly reference?: string;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => (milliseconds === 0 ? setImmediate(resolve) : setTimeout(resolve, milliseconds)));

const said = (message: ChatMessage | undefined): string => (typeof message?.content === 'string' ? message.content : '');

/** Words with the space before them, as tokens of a model are. */
const tokensOf = (text: string): string[] => text.match(/\s*\S{1,6}|\s+$/g) ?? [];

export const fakeSettings: ChatSettings = { sampling: defaultSampling, maxTokens: 512, stop: [], contextPolicy: 'ask', variables: {} };

export type FakeConversation = Conversation & { readonly log: string[]; proceed(signal: AbortSignal): Job<Reply> };

export function fakeConversation(options: FakeOptions): FakeConversation {
  const { answer, gate, eventsPerSecond = 0, promptSteps = 2, size = 2048, reference = 'fake/model-Q4_K_M.gguf' } = options;
  const log: string[] = [];
  let settings = fakeSettings;
  const branches = new Map<string, ChatMessage[]>([['main', [...(options.messages ?? [])]]]);
  let branch = 'main';
  const messages = (): ChatMessage[] => branches.get(branch)!;
  const rendered = (): string =>
    messages()
      .map((message) => `<${message.role}>${said(message)}`)
      .join('\n');
  const countTokens = (text: string): number => tokensOf(text).length;

  async function* reply(message: string | ChatMessage | undefined, signal: AbortSignal): Job<Reply> {
    const before = [...messages()];
    if (message !== undefined) messages().push(typeof message === 'string' ? { role: 'user', content: message } : message);
    const text = said(messages().findLast(({ role }) => role === 'user'));
    log.push(`reply ${settings.contextPolicy}: ${text}`);
    if (text.includes('OVERFLOW') && settings.contextPolicy === 'ask') {
      branches.set(branch, before);
      throw new LlmxError('context-exceeded', `the conversation has ${size + 1} tokens, the context ${size}`, 'Choose');
    }
    if (text.includes('FAIL')) {
      branches.set(branch, before);
      throw new LlmxError('device-lost', 'the device is gone', 'Try again');
    }
    const wait = eventsPerSecond === 0 ? 0 : 1000 / eventsPerSecond;
    const begin = performance.now();
    for (let done = 0; done <= promptSteps && !signal.aborted; done++) {
      yield { type: 'progress', phase: 'prompt', done: done * 10, total: promptSteps * 10, unit: 'tokens' };
      await pause(wait);
    }
    const first = performance.now() - begin;
    const [, thought = '', words = ''] = /^(?:<think>([^]*?)<\/think>)?([^]*)$/.exec(answer(text)) ?? [];
    const events: Event[] = [
      ...tokensOf(thought).map((token, i): Event => ({ type: 'reasoning', i, text: token, id: i })),
      ...tokensOf(words).map((token, i): Event => ({ type: 'token', i, text: token, id: i })),
    ];
    let spoken = '';
    let count = 0;
    // Timers are late on a busy machine: events that are due come together.
    for (const event of events) {
      const late = begin + first + count * wait - performance.now();
      if (late > 0 || wait === 0) await pause(Math.max(0, late));
      const closed = gate?.(text, count);
      if (closed !== undefined) await Promise.race([closed, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
      if (signal.aborted) break;
      if (event.type === 'token') spoken += event.text;
      count++;
      yield event;
    }
    messages().push({ role: 'assistant', content: spoken });
    const seconds = (performance.now() - begin - first) / 1000;
    return {
      text: spoken,
      reasoning: thought === '' ? null : thought,
      finish_reason: signal.aborted ? 'interrupted' : 'eos',
      ...{ prompt_tokens: 20, reused_tokens: 0, prefilled_tokens: 20, completion_tokens: count },
      ...{ dropped_messages: settings.contextPolicy === 'slide' ? 2 : 0, truncated_tokens: 0, seed: 1 },
      timings: { prompt_ms: first, prompt_tps: 100, first_token_ms: first, gen_ms: seconds * 1000, gen_tps: count / Math.max(seconds, 1e-3) },
    };
  }

  return {
    log,
    model: {
      ...{ reference, path: `/models/${reference}`, format: 'gguf', architecture: 'llama', quantization: 'Q4_K' },
      ...{ device: 'cpu', bytes: 1_100_000_000, template: 'model' },
    },
    get messages() {
      return messages();
    },
    get branches() {
      return [...branches.keys()];
    },
    get branch() {
      return branch;
    },
    get context() {
      return { used: countTokens(rendered()), size };
    },
    get settings() {
      return settings;
    },
    configure: (change) => void (settings = { ...settings, ...change }),
    reply,
    proceed: (signal) => reply(undefined, signal),
    undo() {
      const at = messages().findLastIndex(({ role }) => role === 'user');
      return at < 0 ? undefined : messages().splice(at)[0];
    },
    retract() {
      if (messages().at(-1)?.role !== 'assistant') return false;
      messages().pop();
      return true;
    },
    edit(nth, text) {
      const at = messages().flatMap(({ role }, index) => (role === 'user' ? [index] : []))[nth - 1]!;
      messages().splice(at, Infinity, { role: 'user', content: text });
    },
    fork(name = `branch-${branches.size}`) {
      branches.set(name, [...messages()]);
      return (branch = name);
    },
    switchTo: (name) => void (branch = name),
    setSystem(text) {
      const rest = messages().filter(({ role }) => role !== 'system');
      branches.set(branch, text === undefined ? rest : [{ role: 'system', content: text }, ...rest]);
    },
    clear: () => void branches.set(branch, []),
    get transcript() {
      return { branch, branches: Object.fromEntries([...branches].map(([name, all]) => [name, [...all]])) };
    },
    restore(transcript) {
      branches.clear();
      for (const [name, all] of Object.entries(transcript.branches)) branches.set(name, [...all]);
      branch = transcript.branch;
    },
    rendered,
    countTokens,
    async [Symbol.asyncDispose]() {
      log.push('disposed');
    },
  };
}

/** An opening that takes its time. */
export async function* fakeOpening(conversation: Conversation, milliseconds = 0, signal?: AbortSignal): Job<Conversation> {
  for (let done = 0; done < 4; done++) {
    yield { type: 'progress', phase: 'load', done, total: 4, unit: 'bytes' };
    await pause(milliseconds / 4);
    if (signal?.aborted === true) throw new LlmxError('interrupted', 'interrupted');
  }
  return conversation;
}
