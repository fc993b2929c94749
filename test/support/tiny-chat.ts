// Conversations over the tiny fixture models: one character is one token, so that a test can count them; what the model says may be scripted.
import { join } from 'node:path';
import type { Engine } from '../../src/core/backends/backend.js';
import { backends } from '../../src/core/backends/index.js';
import type { Event, Job } from '../../src/core/base/event.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { defaultSampling, loadModel, type LoadedModel } from '../../src/core/generate/index.js';
import { createSpeaker } from '../../src/core/jobs/chat/answer.js';
import { createBranches } from '../../src/core/jobs/chat/branches.js';
import { createConversation, type OpenConversation } from '../../src/core/jobs/chat/converse.js';
import type { ChatSettings } from '../../src/core/jobs/chat/conversation.js';
import { snapshots } from '../../src/core/jobs/chat/held-states.js';
import { createPromptEncoder } from '../../src/core/jobs/chat/prompt-encoder.js';
import { createRenderer } from '../../src/core/jobs/chat/rendering.js';
import type { Opened } from '../../src/core/jobs/load-on.js';
import type { ChatMessage, ChatTemplate } from '../../src/core/text/chat-template.js';
import { createTokenizer } from '../../src/core/text/index.js';

/** `u:Hello|a:Hi|` and at the end `a:`. A system message is `s:...|`; thoughts of earlier replies are left out. */
export const tinyTemplate: ChatTemplate = {
  name: 'tiny',
  render: ({ messages, addGenerationPrompt }) =>
    messages.map(({ role, content }) => `${role[0]}:${String(content)}|`).join('') + (addGenerationPrompt ? 'a:' : ''),
};

const characters = ['\n', ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))];
export const [bos, eos] = [1, 2];

/** 99 pieces, as many as the fixtures' vocabularies have: three marks, then a line end and printable ASCII. */
export const characterTokenizer = await createTokenizer({
  kind: 'sentencepiece',
  pieces: ['<unk>', '<s>', '</s>', ...characters.map((character) => (character === ' ' ? '▁' : character))],
  scores: Array.from({ length: 99 }, () => 0),
  types: ['unknown', 'control', 'control', ...characters.map(() => 'normal' as const)],
  special: { bos, eos, unknown: 0, addBos: true, addEos: false },
  addSpacePrefix: false,
});

const idOf = (character: string): number => characterTokenizer.encode(character, { special: false })[0]!;

/** The model with an engine that does the same steps, and whose logits spell `texts`, one a reply, each with the end mark behind it. */
export function scripted(loaded: LoadedModel, texts: readonly string[]): LoadedModel {
  const ids = texts.flatMap((text) => [...[...text].map(idOf), eos]);
  return withEngine(loaded, {
    read: async (_value, _begin, target) => {
      target.fill(0);
      target[ids.shift() ?? eos] = 100;
    },
  });
}

/** The model with some of its engine's functions replaced. */
export function withEngine(loaded: LoadedModel, replaced: Partial<Engine>): LoadedModel {
  const { engine } = loaded;
  const proxy = new Proxy(engine, {
    get(target, key) {
      if (key === 'largest') return undefined;
      const value: unknown = Reflect.get(replaced, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { ...loaded, engine: proxy };
}

export interface TinyOptions {
  readonly fixture?: 'llama' | 'mamba';
  readonly contextLength?: number;
  readonly chunk?: number;
  /** How many whole contexts the cache has room for. */
  readonly sequences?: number;
  readonly settings?: Partial<ChatSettings>;
  readonly template?: ChatTemplate;
  readonly messages?: readonly ChatMessage[];
  readonly isPlain?: boolean;
  /** True for what is scripted, which ends with the end mark; else no reply ends by itself. */
  readonly ends?: boolean;
  /** Turns the loaded model into the one that speaks. */
  readonly change?: (loaded: LoadedModel) => LoadedModel;
  readonly next?: Opened['next'];
}

export const loadTiny = async ({ fixture = 'llama', contextLength = 64, chunk = 8, sequences = 1 }: TinyOptions): Promise<LoadedModel> => {
  const checkpoint = await openCheckpoint(join(import.meta.dirname, '../../fixtures/families', fixture));
  return loadModel(checkpoint, backends.reference, { contextLength, chunk, sequences, snapshots, threads: 1 });
};

export async function openTiny(options: TinyOptions = {}): Promise<OpenConversation> {
  const { change = (same) => same, template = tinyTemplate, messages = [], settings = {}, isPlain = false, ends = false, next } = options;
  const loaded = change(await loadTiny(options));
  const slot = { opened: { loaded, device: 'tiny', ...(next === undefined ? {} : { next }) } };
  return createConversation({
    model: { reference: 'tiny', path: '/tiny', format: '', architecture: '', quantization: '', device: 'tiny', bytes: 0, template: 'tiny' },
    speaker: createSpeaker(slot, characterTokenizer, createPromptEncoder(characterTokenizer)),
    renderer: createRenderer(template, { bos_token: '<s>' }, undefined),
    branches: createBranches(messages),
    settings: {
      // No control pieces: each token is one character.
      sampling: { ...defaultSampling, temperature: 0, logitBias: new Map((ends ? [0, bos] : [0, bos, eos]).map((id) => [id, -Infinity])) },
      ...{ maxTokens: 6, stop: [], contextPolicy: 'ask', variables: {}, ...settings },
    },
    isPlain,
    eos: [eos],
    stop: [],
  });
}

export interface Collected<Report> {
  readonly events: readonly Event[];
  readonly report: Report;
}

/** Runs a job to its end. */
export async function collect<Report>(job: Job<Report>, onEvent: (event: Event) => void = () => {}): Promise<Collected<Report>> {
  const events: Event[] = [];
  for (;;) {
    const step = await job.next();
    if (step.done === true) return { events, report: step.value };
    events.push(step.value);
    onEvent(step.value);
  }
}

export const never = new AbortController().signal;
export const codesOf = (events: readonly Event[]): readonly string[] => events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
