// Which renderers listen to a job, from the global flags. Knows no command.
import type { LlmxError } from '../../core/base/error.js';
import type { Event } from '../../core/base/event.js';
import { printable } from '../../core/base/printable.js';
import { errorText } from './errors.js';
import type { Output } from './output.js';
import { openLog } from './render/log.js';
import { chooseProgress, stderrRenderers, stdoutRenderers } from './render/index.js';
import type { Ending, Renderer } from './render/renderer.js';
import type { StreamFacts, Style } from './terminal.js';
import { paint, streamFacts } from './terminal.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of the global flags that decides how things look. */
export interface PresentationFlags {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly color: 'auto' | 'always' | 'never';
  readonly progress: 'auto' | keyof typeof stderrRenderers;
  readonly logFile: string | undefined;
}

export interface Presentation {
  readonly output: keyof typeof stdoutRenderers;
  readonly stdoutFacts: StreamFacts;
  readonly stderrFacts: StreamFacts;
  event(event: Event): Promise<void>;
  end(ending: Ending): Promise<void>;
  /** Tells a failure as the last event, and ends. */
  fail(error: LlmxError): Promise<void>;
  print(text: string, style?: Style): Promise<void>;
}

/** What the flags probably are, for failures that come before they are parsed. */
export function guessPresentation(argv: readonly string[], environment: Environment): PresentationFlags {
  const end = argv.indexOf('--');
  const options = new Set(end < 0 ? argv : argv.slice(0, end));
  const never = options.has('--color=never') || environment.LLMX_COLOR === 'never';
  return {
    json: options.has('--json'),
    jsonl: options.has('--jsonl') && !options.has('--json'),
    quiet: options.has('-q') || options.has('--quiet'),
    verbose: options.has('-vv') ? 2 : 0,
    color: never ? 'never' : 'auto',
    progress: 'none',
    logFile: undefined,
  };
}

export function openPresentation(
  flags: PresentationFlags,
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output },
  environment: Environment,
): Presentation {
  const output = flags.json ? 'json' : flags.jsonl ? 'jsonl' : 'text';
  const stdoutFacts = streamFacts(process.stdout, flags.color, environment);
  const stderrFacts = streamFacts(process.stderr, flags.color, environment);
  const { quiet, verbose } = flags;
  const progress = chooseProgress({ choice: flags.progress, tty: stderrFacts.tty, environment });
  // stderr first: a bar leaves the screen before the result is printed.
  const renderers: Renderer[] = [
    stderrRenderers[progress]({ output: stderr, facts: stderrFacts, quiet, verbose }),
    stdoutRenderers[output]({ output: stdout, facts: stdoutFacts, quiet, verbose }),
  ];
  if (flags.logFile !== undefined) renderers.push(openLog(flags.logFile));
  let ended = false;
  const event = async (each: Event): Promise<void> => {
    for (const renderer of renderers) await renderer.event(each);
  };
  const end = async (ending: Ending): Promise<void> => {
    if (ended) return;
    ended = true;
    // A failing reader of stdout must not keep stderr from telling.
    const results = await Promise.allSettled(renderers.toReversed().map((renderer) => renderer.end(ending)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  return {
    output,
    stdoutFacts,
    stderrFacts,
    event,
    end,
    async fail(error) {
      // The result itself could not be written: only people are left to tell.
      if (ended) return stderr.write(errorText(error, verbose, stderrFacts));
      const { code, message, hint, exitCode: exit, details } = error;
      // A reader of events that fails must not keep the others from telling.
      await event({ type: 'error', code, message, hint, exit, ...(details.length === 0 ? {} : { details }) }).catch(() => {});
      await end({ ok: false, error });
    },
    async print(text, style) {
      if (output !== 'text') return;
      for (const renderer of renderers) renderer.pause?.();
      const shown = stdoutFacts.tty ? printable(text, '\n\t\r') : text;
      await stdout.write(style === undefined ? shown : paint(stdoutFacts, style, shown));
    },
  };
}
