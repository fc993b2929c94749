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

export const bar: OpenRenderer = (surface) => {
  const lines = openPlain(surface, false);
  const started = performance.now();
  const barsize = Math.min(widest, Math.max(0, surface.facts.columns - textColumns));
  const cut = (event: Extract<Event, { type: 'progress' }>): string => printable(progressText(event)).slice(0, surface.facts.columns - barsize - 2);
  let open: { readonly bar: SingleBar; readonly phase: string } | undefined;
  const close = (): void => {
    open?.bar.stop();
    open = undefined;
  };
  const show = async (event: Extract<Event, { type: 'progress' }>): Promise<void> => {
    if (surface.quiet || performance.now() - started < silentMilliseconds) return;
    if (open?.phase !== event.phase) {
      close();
      const { SingleBar, Presets } = (await import('cli-progress')).default;
      const created = new SingleBar(
        {
          format: barsize > 0 ? '{bar} {text}' : '{text}',
          stream: process.stderr,
          clearOnComplete: true,
          hideCursor: true,
          fps: 10,
          barsize,
          gracefulExit: false,
        },
        Presets.shades_classic,
      );
      created.start(Math.max(event.total, 1), event.done, { text: cut(event) });
      open = { bar: created, phase: event.phase };
    }
    if (event.total > 0) open.bar.setTotal(event.total);
    open.bar.update(event.done, { text: cut(event) });
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
