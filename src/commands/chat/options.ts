// What the screen of `llmx chat` is given and what it gives back. Types alone: knows no terminal and no React.
import type { Job } from '../../core/base/event.js';
import type { Conversation } from '../../core/jobs/chat/conversation.js';
import type { ChatMessage } from '../../core/text/chat-template.js';
import type { Context } from '../shell/context.js';
import type { ThemeChoice } from './themes/index.js';

/** What `open` is asked for; all empty at the start of the screen. */
export interface OpenRequest {
  /** Another model than the one of the command line: `/model REF`. */
  readonly reference?: string;
  /** Messages that the new conversation begins with. */
  readonly messages?: readonly ChatMessage[];
}

export interface SessionSummary {
  readonly id: string;
  readonly name?: string;
  /** The first words of the first message. */
  readonly title: string;
  readonly messages: number;
  /** ISO 8601. */
  readonly updated: string;
}

/** Where conversations are kept between runs. */
export interface SessionStore {
  /** Writes the conversation as it stands; called after every turn. Returns the id or the name by which `load` finds it. */
  save(conversation: Conversation, name?: string): Promise<string>;
  /** Newest first. */
  list(): Promise<readonly SessionSummary[]>;
  /** By id or by name. May hand back the current conversation with other messages, or open one of its own. */
  load(id: string, current: Conversation | undefined, signal: AbortSignal): Job<Conversation>;
  /** The next `save` begins a session of its own. */
  begin(): void;
}

/** How the model's thoughts are shown. */
export type ThoughtView = 'fold' | 'show';

export interface ScreenOptions {
  /** Loads the model. It runs behind the prompt, which takes keys at once; its `progress` and `warning` events are shown. */
  readonly open: (signal: AbortSignal, request: OpenRequest) => Job<Conversation>;
  /** Absent with --no-save. */
  readonly sessions?: SessionStore;
  /** Absent: history lives as long as the screen. */
  readonly historyFile?: string;
  readonly theme?: ThemeChoice;
  readonly thoughts?: ThoughtView;
  /** Sent as soon as the model is there. */
  readonly firstMessage?: string;
  /** True shows the messages that the conversation begins with: --continue, --resume. */
  readonly showsPast?: boolean;
}

export type ScreenContext = Pick<Context, 'signal' | 'terminal' | 'environment' | 'workingDirectory' | 'directories'>;

export interface ScreenEnd {
  /** 130 after the second Ctrl-C; a signal's own status where one came. */
  readonly exit: 0 | 130 | 143;
  /** Replies in all. */
  readonly turns: number;
  /** By which `SessionStore.load` finds the conversation. */
  readonly session?: string;
}
