// What slash commands and shortcuts may do: the screen's state, its transcript, the conversation. Types alone.
import type { Job } from '../../core/base/event.js';
import type { ChatSettings, Conversation, Reply } from '../../core/jobs/chat/conversation.js';
import type { SlashCommand } from './commands/command.js';
import type { ScreenContext, ScreenEnd, ScreenOptions } from './options.js';
import type { ScreenState } from './state.js';
import type { Store } from './store.js';
import type { Ink, Line } from './text/line.js';
import type { ThemeChoice } from './themes/index.js';

export interface Transcript {
  /** Lines above the live region for good; an empty line parts them from what was printed before. */
  print(lines: readonly Line[], options?: { readonly close?: boolean }): void;
  /** Plain text in a role's look, wrapped. */
  tell(text: string, role?: 'notice' | 'warning' | 'error' | 'hint' | 'thought'): void;
  /** Markdown as replies are shown. */
  markdown(text: string): void;
  fail(thrown: unknown): void;
}

/** Figures of all replies since the screen began. */
export interface Tally {
  readonly turns: number;
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly completionTokens: number;
  readonly last: Reply | undefined;
}

/** The terminal, as far as commands need it. */
export interface TerminalActions {
  /** Puts text on the clipboard of whoever sits before the terminal. False where that cannot be hoped for. */
  copy(text: string): boolean;
  /** Runs while the terminal belongs to another program; the screen is drawn again after it. */
  handOver<T>(work: () => Promise<T>): Promise<T>;
  suspend(): void;
}

export interface Desk {
  readonly options: ScreenOptions;
  readonly context: ScreenContext;
  readonly commands: Readonly<Record<string, SlashCommand>>;
  readonly store: Store<ScreenState>;
  readonly transcript: Transcript;
  readonly terminal: TerminalActions;
  readonly tally: Tally;
  /** Reasoning of the last reply. */
  readonly lastThought: string;
  ink(): Ink;
  /** Throws LlmxError while the model is still loading. */
  conversation(): Conversation;
  /** As it was when the conversation was opened. */
  initialSettings(): ChatSettings;
  setTheme(choice: ThemeChoice): void;
  setDraft(text: string): void;
  /** Sends a message, or (undefined) answers what stands. Resolves when the reply has ended. */
  reply(said: string | undefined): Promise<void>;
  /** Goes on with the last reply where it ended. */
  proceed(): Promise<void>;
  /** Runs a job that ends in a conversation, which takes the place of the current one. `words` stand beside the spinner. */
  open(words: string, job: (signal: AbortSignal) => Job<Conversation>): Promise<boolean>;
  /** Prints the conversation's messages. */
  showPast(): void;
  /** What is said from here on is another session. */
  beginSession(): void;
  /** Writes the session, where sessions are kept. */
  save(name?: string): Promise<string | undefined>;
  /** Changes what is said and answers it. Where that fails, the conversation is as it was in all branches. */
  answerAnew(change: (conversation: Conversation) => void): Promise<void>;
  /** After a change of the conversation: its figures in the status line. */
  refresh(): void;
  /** Stops whatever runs. */
  stop(): void;
  leave(exit: ScreenEnd['exit']): void;
}
