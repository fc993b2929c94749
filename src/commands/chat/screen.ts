// The screen of `llmx chat`: takes the terminal, then loads what draws on it, serves until the user leaves, gives the terminal back.
import type { ReadStream, WriteStream } from 'node:tty';
import { createController } from './controller.js';
import { openHistory } from './editor/history-file.js';
import type { ScreenContext, ScreenEnd, ScreenOptions } from './options.js';
import { openTerminal } from './terminal.js';
import type { Frame } from './views/frame.js';

export interface ScreenStreams {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
}

/** Until Ink has drawn what was changed. */
const drawnMilliseconds = 80;

/** Both streams must be terminals. Rejects with what opening the model threw. */
export async function startScreen(
  options: ScreenOptions,
  context: ScreenContext,
  { stdin, stdout }: ScreenStreams = { stdin: process.stdin, stdout: process.stdout },
): Promise<ScreenEnd> {
  const { color } = context.terminal.stdout;
  const asksBackground = color && (options.theme ?? 'auto') === 'auto' && context.environment.COLORFGBG === undefined;
  using terminal = openTerminal(stdin, stdout, context.environment, asksBackground);
  const { output } = terminal;
  const drawn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, drawnMilliseconds));

  /** The frame vanishes, the terminal is someone else's, the frame comes back. */
  const handOver = async <T>(work: () => Promise<T>): Promise<T> => {
    controller.store.change({ hidden: true });
    await drawn();
    output.hold();
    terminal.leave();
    try {
      return await work();
    } finally {
      terminal.enter();
      output.release();
      controller.resize(output.columns, output.screenRows);
      controller.store.change({ hidden: false });
    }
  };
  const controller = createController({
    ...{ options, context, columns: output.columns, rows: output.screenRows },
    terminal: { copy: (text) => terminal.copy(text), handOver, suspend: () => void handOver(() => terminal.sleep()) },
    ...(options.historyFile === undefined ? {} : { history: openHistory(options.historyFile) }),
  });
  terminal.onKey(controller.key);
  terminal.onResize(controller.resize);
  terminal.onEnd(() => controller.leave(0));
  // A second signal ends the process without asking anyone.
  context.signal.addEventListener('abort', () => terminal.leave(), { once: true });

  const { mount } = await loadApp(color);
  let frame: Frame | undefined;
  const instance = mount(
    { controller, onFrame: (next) => void (frame = next) },
    {
      stdout: output as unknown as NodeJS.WriteStream,
      ...{ stdin, exitOnCtrlC: false, patchConsole: false },
      onRender: () => frame !== undefined && output.drawn(frame),
    },
  );
  const exited = instance.waitUntilExit();
  const ended = controller.run();
  ended.catch(() => {});
  try {
    // What draws may fail too: that ends everything.
    return await Promise.race([ended, exited.then(() => ended)]);
  } finally {
    controller.store.change({ hidden: true });
    await drawn();
    instance.unmount();
    await exited.catch(() => {});
  }
}

/**
 * Ink decides on import: it is no CI that this terminal belongs to, and colours are ours alone. Programs that are started
 * later see the environment as it was.
 */
async function loadApp(color: boolean): Promise<typeof import('./app.js')> {
  const wanted = { CI: 'false', CONTINUOUS_INTEGRATION: 'false', FORCE_COLOR: color ? '1' : '0' };
  const before = Object.keys(wanted).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, wanted);
  try {
    return await import('./app.js');
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
