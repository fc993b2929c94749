// All that the screen shows, as plain data.
import type { Editor } from './editor/state.js';
import type { ThoughtView } from './options.js';
import type { Line } from './text/line.js';
import type { ThemeKey } from './themes/index.js';

/** What is being done. `opening`: the model loads; `prompt`: it reads; `reply`: it writes; `work`: a command. */
export type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'opening' | 'prompt' | 'work'; readonly words: string; readonly done: number; readonly total: number; readonly unit: string }
  | { readonly name: 'reply' };

/** Lines that stand above the live region for good: at most a screen of them. */
export interface Printed {
  readonly id: number;
  readonly text: string;
}

export interface Status {
  readonly model: string;
  readonly quantization: string;
  readonly device: string;
  /** Tokens. */
  readonly used: number;
  readonly size: number;
  readonly tokensPerSecond: number | undefined;
  readonly firstTokenSeconds: number | undefined;
  readonly branch: string;
}

export interface Thought {
  readonly tokens: number;
  /** The end of what is being thought; shown when it is unfolded. */
  readonly lines: readonly Line[];
}

export interface Choice {
  readonly question: string;
  readonly options: readonly { readonly key: string; readonly label: string }[];
  readonly at: number;
  /** Something was typed that is no answer: it goes to the draft, and Enter does not answer for it. */
  readonly typed?: true;
}

export interface ScreenState {
  readonly printed: readonly Printed[];
  readonly editor: Editor;
  readonly phase: Phase;
  /** Counts up while something turns. */
  readonly tick: number;
  /** The unfinished end of the reply. */
  readonly tail: readonly Line[];
  readonly thought: Thought | undefined;
  readonly choice: Choice | undefined;
  /** Below the editor: completions, or what a key would do. */
  readonly menu: readonly string[];
  readonly notice: string;
  /** A message that waits for the model or for the reply before it. */
  readonly queued: string | undefined;
  /** The user message that the draft replaces, from 1. */
  readonly editing: number | undefined;
  readonly status: Status | undefined;
  readonly columns: number;
  readonly rows: number;
  readonly theme: ThemeKey;
  readonly raw: boolean;
  readonly thoughts: ThoughtView;
  /** Nothing is drawn: the terminal is someone else's. */
  readonly hidden: boolean;
}

export const isBusy = ({ phase }: Pick<ScreenState, 'phase'>): boolean => phase.name !== 'idle';
