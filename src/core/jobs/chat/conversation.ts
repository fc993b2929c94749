// One conversation on one opened model, as a screen or a script drives it. Types alone: this is what both sides agree on.
import type { Job, JsonObject } from '../../base/event.js';
import type { FinishReason, SamplingSettings } from '../../generate/index.js';
import type { ChatMessage } from '../../text/chat-template.js';

export interface ChatModel {
  readonly reference: string;
  readonly path: string;
  readonly format: string;
  readonly architecture: string;
  /** The number format of most of its bytes: `Q4_K`. */
  readonly quantization: string;
  readonly device: string;
  readonly bytes: number;
  /** Where the template came from: `model`, a file's path, a built-in name, or `plain` for a model without one. */
  readonly template: string;
}

/** What happens when the next turn does not fit. `ask` refuses with `context-exceeded`, and leaves the choice to whoever asked. */
export type ContextPolicy = 'ask' | 'stop' | 'slide' | 'summarize';

/** What `/set` changes; takes effect with the next reply. */
export interface ChatSettings {
  readonly sampling: SamplingSettings;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly contextPolicy: ContextPolicy;
  /** Passed to the template as they are. */
  readonly variables: JsonObject;
  readonly logprobs?: number;
}

export interface Reply {
  readonly text: string;
  readonly reasoning: string | null;
  readonly finish_reason: FinishReason;
  /** Tokens of the whole rendered conversation, those whose state was held already, and those that were read now. */
  readonly prompt_tokens: number;
  readonly reused_tokens: number;
  readonly prefilled_tokens: number;
  readonly completion_tokens: number;
  /** Messages that a policy dropped from what the model sees, oldest first; the transcript keeps them. */
  readonly dropped_messages: number;
  readonly truncated_tokens: number;
  readonly seed: number;
  readonly timings: {
    readonly prompt_ms: number;
    readonly prompt_tps: number;
    readonly first_token_ms: number;
    readonly gen_ms: number;
    readonly gen_tps: number;
  };
}

/** All that is said in all branches: what a session keeps. */
export interface Transcript {
  readonly branch: string;
  readonly branches: Readonly<Record<string, readonly ChatMessage[]>>;
}

export interface Conversation extends AsyncDisposable {
  readonly model: ChatModel;
  /** The system message, if any, then user and assistant in turns. */
  readonly messages: readonly ChatMessage[];
  /** Names of all branches; `main` is the first. */
  readonly branches: readonly string[];
  readonly branch: string;
  /** Tokens held of the current branch, and the most that there may be. */
  readonly context: { readonly used: number; readonly size: number };
  readonly settings: ChatSettings;
  configure(change: Partial<ChatSettings>): void;
  /**
   * Appends what the user says (undefined: answers the messages as they stand) and yields the reply's events: `progress` of phase
   * `prompt`, then `token` and `reasoning` events, `warning`s of what was dropped. When the signal aborts, the reply ends with
   * `interrupted` and what was said stays. A refusal takes the user's message back and leaves the conversation as it was.
   */
  reply(said: string | ChatMessage | undefined, signal: AbortSignal): Job<Reply>;
  /** Takes back the last user message and what followed it. Returns that message, or undefined where there is none. */
  undo(): ChatMessage | undefined;
  /** Takes back the last reply alone, so that `reply(undefined)` answers again. False where there is none. */
  retract(): boolean;
  /** Replaces the nth user message (1 is the first) and takes back all after it. */
  edit(nth: number, text: string): void;
  /** Goes on in a copy under a new name, or (`switchTo`) in a branch that exists. */
  fork(name?: string): string;
  switchTo(name: string): void;
  setSystem(text: string | undefined): void;
  clear(): void;
  /** All branches, and their replacement by others, as of a session that is loaded; the current branch's system message is theirs. */
  readonly transcript?: Transcript;
  restore?(transcript: Transcript): void;
  /** Goes on with the last reply where it ended, as after `length`. The events and the report are those of what is added. */
  proceed?(signal: AbortSignal): Job<Reply>;
  /** The conversation as the template renders it, and its tokens: for `/show`. */
  rendered(): string;
  countTokens(text: string): number;
}
