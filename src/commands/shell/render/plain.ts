// stderr as lines: what is read, warnings, one progress line per 10 % or 30 s, notes, the error.
import type { Event } from '../../../core/base/event.js';
import { errorText } from '../errors.js';
import { bytesText, secondsText } from '../quantity.js';
import { paint } from '../terminal.js';
import type { OpenRenderer, RenderSurface } from './renderer.js';

type Progress = Extract<Event, { type: 'progress' }>;

const silentMilliseconds = 500;
const lineMilliseconds = 30_000;

/** The lines that are the same with a bar and without one. */
export function eventText(event: Event, { quiet, verbose, facts }: RenderSurface): string {
  if (quiet) return '';
  switch (event.type) {
    case 'start':
      return verbose >= 1 ? `llmx ${event.version} ${event.command}\n` : '';
    case 'resolve':
      return `model: ${event.path} (${event.format}, ${bytesText(event.bytes)})\n`;
    case 'plan':
      return verbose >= 1 ? `plan: ${JSON.stringify(event.plan)}\n` : '';
    case 'metric':
      return verbose >= 1 ? `${event.name}${event.step === undefined ? '' : ` at ${event.step}`}: ${event.value}\n` : '';
    case 'warning':
      return `${paint(facts, 'yellow', 'warning:')} ${event.message}\n${event.hint ? `${paint(facts, 'dim', 'hint:')} ${event.hint}\n` : ''}`;
    case 'artifact':
      return `wrote ${event.path} (${bytesText(event.bytes)})\n`;
    case 'gate':
      return `gate ${event.name}: ${event.value} ${event.pass ? 'holds' : 'misses'} ${event.limit}\n`;
    case 'progress':
    case 'token':
    case 'reasoning':
    case 'result':
    case 'error':
      return '';
    default:
      return event satisfies never;
  }
}

export function progressText({ phase, done, total, unit, rate, eta_s: eta }: Progress): string {
  const amount = (value: number): string => (unit === 'bytes' ? bytesText(value) : `${Math.round(value)} ${unit}`);
  const share = total > 0 ? `${Math.floor((100 * done) / total)} % of ${amount(total)}` : amount(done);
  return `${phase}: ${share}${rate === undefined ? '' : `, ${amount(rate)}/s`}${eta === undefined ? '' : `, ${secondsText(eta)} left`}`;
}

/** `showProgress` false: everything but progress. */
export const openPlain = (surface: RenderSurface, showProgress: boolean): ReturnType<OpenRenderer> => {
  const { output, facts, quiet, verbose } = surface;
  const started = performance.now();
  let phase: string | undefined;
  let tenth = 0;
  let lastLine = started;
  let reasoning = false;
  const progress = async (event: Progress): Promise<void> => {
    const now = performance.now();
    const reached = event.total > 0 ? Math.floor((10 * event.done) / event.total) : 0;
    if (event.phase !== phase) {
      phase = event.phase;
      tenth = 0;
    }
    if (now - started < silentMilliseconds || (reached <= tenth && now - lastLine < lineMilliseconds)) return;
    tenth = reached;
    lastLine = now;
    await output.write(`${progressText(event)}\n`);
  };
  const endReasoning = async (): Promise<void> => {
    if (reasoning) await output.write('\n');
    reasoning = false;
  };
  return {
    async event(event) {
      if (event.type === 'reasoning') {
        if (quiet) return;
        reasoning = true;
        return output.write(paint(facts, 'dim', event.text));
      }
      await endReasoning();
      if (event.type === 'progress') return showProgress && !quiet ? progress(event) : undefined;
      await output.write(eventText(event, surface));
    },
    async end(ending) {
      await endReasoning();
      if (!ending.ok) await output.write(errorText(ending.error, verbose, facts));
      else if (!quiet) await output.write(ending.notes.map((line) => `${line}\n`).join(''));
    },
  };
};

export const plain: OpenRenderer = (surface) => openPlain(surface, true);
export const none: OpenRenderer = (surface) => openPlain(surface, false);
