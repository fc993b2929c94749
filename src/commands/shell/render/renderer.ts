// What a renderer is: a reader of events that writes to one stream. Several listen to one job.
import type { Event } from '../../../core/base/event.js';
import type { LlmxError } from '../../../core/base/error.js';
import type { Output } from '../output.js';
import type { StreamFacts } from '../terminal.js';

/** What the driver tells beside the events. */
export type Ending =
  | { readonly ok: true; readonly report: object; readonly human: string; readonly notes: readonly string[] }
  | { readonly ok: false; readonly error: LlmxError };

export interface Renderer {
  event(event: Event): Promise<void> | void;
  /** Leaves the screen for a moment, because something else is printed. */
  pause?(): void;
  /** Called once, after the last event. */
  end(ending: Ending): Promise<void> | void;
}

export interface RenderSurface {
  readonly output: Output;
  readonly facts: StreamFacts;
  readonly quiet: boolean;
  readonly verbose: number;
}

export type OpenRenderer = (surface: RenderSurface) => Renderer;
