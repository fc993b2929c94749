// stderr as lines: what is read, warnings, one progress line per 10 % or 30 s, notes, the error.
import { isInterruption } from '../../../core/base/error.js';
import type { Event } from '../../../core/base/event.js';
import { printable } from '../../../core/base/printable.js';
import { errorText } from '../errors.js';
import { bytesText, secondsText } from '../quantity.js';
import { paint } from '../terminal.js';
import type { OpenRenderer, RenderSurface } from './renderer.js';

type Progress = Extract<Event, { type: 'progress' }>;

const silentMilliseconds = 500;
const lineMilliseconds = 30_000;

const line = (text: string): string => `${printable(text)}\n`;

/** The lines that are the same with a bar and without one. */
function eventText(event: Event, { quiet, verbose, facts }: RenderSurface): string {
  if (quiet) return '';
  switch (event.type) {
    case 'start':
      return verbose >= 1 ? line(`llmx ${event.version} ${event.command}`) : '';
    case 'resolve':
      return line(`model: ${event.path} (${event.format}, ${bytesText(event.bytes)})`);
    case 'plan':
      return verbose >= 1 ? line(`plan: ${JSON.stringify(event.plan)}`) : '';
    case 'metric':
      return verbose >= 1 ? line(`${event.name}${event.step === undefined ? '' : ` at ${event.step}`}: ${event.value}`) : '';
    case 'warning':
      return `${paint(facts, 'yellow', 'warning:')} ${line(event.message)}${event.hint ? `${paint(facts, 'dim', 'hint:')} ${line(event.hint)}` : ''}`;
    case 'artifact':
      return line(`wrote ${event.path} (${bytesText(event.bytes)})`);
    case 'gate':
      return line(`gate ${event.name}: ${event.value} ${event.pass ? 'holds' : 'misses'} ${event.limit}`);
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

/** Where no time is told, what is left follows from the rate. */
export function progressText({ phase, done, total, unit, rate, eta_s: eta }: Progress): string {
  const amount = (value: number): string =>
    unit === 'bytes' ? bytesText(Math.round(value)) : `${Number(value.toFixed(value < 10 ? 1 : 0))} ${unit}`;
  const share = total > 0 ? `${Math.floor(100 * Math.min(1, done / total))} % of ${amount(total)}` : amount(done);
  const left = eta ?? (rate !== undefined && rate > 0 && done < total ? (total - done) / rate : undefined);
  return `${phase}: ${share}${rate === undefined ? '' : `, ${amount(rate)}/s`}${left === undefined ? '' : `, ${secondsText(left)} left`}`;
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
    await output.write(line(progressText(event)));
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
        return output.write(paint(facts, 'dim', printable(event.text, '\n\t')));
      }
      await endReasoning();
      if (event.type === 'progress') return showProgress && !quiet ? progress(event) : undefined;
      await output.write(eventText(event, surface));
    },
    async end(ending) {
      await endReasoning();
      if (!ending.ok) await output.write(quiet && isInterruption(ending.error) ? '' : errorText(ending.error, verbose, facts));
      else if (!quiet) await output.write(ending.notes.map(line).join(''));
    },
  };
};

export const plain: OpenRenderer = (surface) => openPlain(surface, true);
export const none: OpenRenderer = (surface) => openPlain(surface, false);
