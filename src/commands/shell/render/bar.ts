// stderr of a terminal: a bar while a phase runs, lines as in `plain` otherwise. Nothing in the first half second.
import type { SingleBar } from 'cli-progress';
import type { Event } from '../../../core/base/event.js';
import { printable } from '../../../core/base/printable.js';
import { openPlain, progressText } from './plain.js';
import type { OpenRenderer } from './renderer.js';

const silentMilliseconds = 500;
const widest = 20;
/** Columns that the text should have before the bar takes any. */
const textColumns = 50;

const load = async () => (await import('cli-progress')).default;
type Library = Awaited<ReturnType<typeof load>>;

type Progress = Extract<Event, { type: 'progress' }>;

export const bar: OpenRenderer = (surface) => {
  const { columns } = surface.facts;
  const lines = openPlain(surface, false);
  const started = performance.now();
  const barsize = Math.min(widest, Math.max(0, columns - textColumns));
  const textOf = (event: Progress): string => printable(progressText(event)).slice(0, columns - barsize - 2);
  let open: { readonly bar: SingleBar; readonly phase: string } | undefined;
  /** What is shown when the silence is over: a step may take longer than that. */
  let waiting: { readonly timer: NodeJS.Timeout; event: Progress } | undefined;
  const close = (): void => {
    clearTimeout(waiting?.timer);
    waiting = undefined;
    open?.bar.stop();
    open = undefined;
  };
  const draw = (event: Progress, { SingleBar, Presets }: Library): void => {
    if (open?.phase !== event.phase) {
      close();
      const format = barsize > 0 ? '{bar} {text}' : '{text}';
      const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true, fps: 10, barsize, gracefulExit: false };
      open = { bar: new SingleBar(options, Presets.shades_classic), phase: event.phase };
      open.bar.start(Math.max(event.total, 1), event.done, { text: textOf(event) });
    }
    if (event.total > 0) open.bar.setTotal(event.total);
    open.bar.update(event.done, { text: textOf(event) });
  };
  const show = async (event: Progress): Promise<void> => {
    if (surface.quiet) return;
    const silence = silentMilliseconds - (performance.now() - started);
    if (silence <= 0) return draw(event, await load());
    if (waiting === undefined) {
      const timer = setTimeout(async () => {
        const library = await load();
        if (waiting?.timer === timer) draw(waiting.event, library);
      }, silence);
      waiting = { timer: timer.unref(), event };
    }
    waiting.event = event;
  };
  return {
    async event(event) {
      if (event.type === 'progress') return show(event);
      if (event.type !== 'metric' || surface.verbose > 0) close();
      await lines.event(event);
    },
    pause: close,
    async end(ending) {
      close();
      await lines.end(ending);
    },
  };
};
