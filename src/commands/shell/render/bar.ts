// stderr of a terminal: a bar while a phase runs, lines as in `plain` otherwise. Nothing in the first half second.
import type { SingleBar } from 'cli-progress';
import type { Event } from '../../../core/base/event.js';
import { openPlain, progressText } from './plain.js';
import type { OpenRenderer } from './renderer.js';

const silentMilliseconds = 500;

export const bar: OpenRenderer = (surface) => {
  const lines = openPlain(surface, false);
  const started = performance.now();
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
        { format: '{bar} {text}', stream: process.stderr, clearOnComplete: true, hideCursor: true, fps: 10, barsize: 20, gracefulExit: false },
        Presets.shades_classic,
      );
      created.start(Math.max(event.total, 1), event.done, { text: progressText(event) });
      open = { bar: created, phase: event.phase };
    }
    if (event.total > 0) open.bar.setTotal(event.total);
    open.bar.update(event.done, { text: progressText(event) });
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
