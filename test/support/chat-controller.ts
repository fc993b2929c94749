// The chat screen without a terminal: a controller on a pretended conversation, and what it would show, as text.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { createController } from '../../src/commands/chat/controller.js';
import type { Controller } from '../../src/commands/chat/controller.js';
import { openHistory } from '../../src/commands/chat/editor/history-file.js';
import type { Key } from '../../src/commands/chat/keys.js';
import type { ScreenContext, ScreenEnd, ScreenOptions } from '../../src/commands/chat/options.js';
import { plainText } from '../../src/commands/chat/text/line.js';
import { frameLines, frameOf } from '../../src/commands/chat/views/frame.js';
import type { FakeOptions } from './fake-conversation.js';
import { fakeConversation, fakeOpening } from './fake-conversation.js';

export interface Bench extends Omit<Controller, 'leave'> {
  readonly conversation: ReturnType<typeof fakeConversation>;
  readonly folder: string;
  readonly copied: string[];
  readonly ended: Promise<ScreenEnd>;
  type(text: string): void;
  press(...names: string[]): void;
  /** Types a line and sends it, then waits until nothing runs. */
  say(text: string): Promise<void>;
  /** Waits until nothing runs, or until `condition` holds. */
  settled(condition?: () => boolean): Promise<void>;
  /** What stands for good, without colours. */
  printed(): string;
  frame(): string;
  leave(): Promise<ScreenEnd>;
}

export interface BenchOptions extends Partial<Omit<ScreenOptions, 'open'>> {
  readonly fake?: Partial<FakeOptions>;
  readonly open?: ScreenOptions['open'];
  readonly loadMilliseconds?: number;
  readonly columns?: number;
  readonly rows?: number;
  readonly color?: boolean;
  readonly copies?: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function openBench(options: BenchOptions = {}): Bench {
  const { fake = {}, loadMilliseconds = 0, columns = 80, rows = 24, color = false, copies = true, environment = {}, ...rest } = options;
  const folder = mkdtempSync(join(tmpdir(), 'llmx-chat-'));
  const conversation = fakeConversation({ answer: (said) => `echo ${said}\n`, ...fake });
  const facts = { tty: true, color, columns, rows };
  const context: ScreenContext = {
    signal: new AbortController().signal,
    terminal: { stdin: facts, stdout: facts, stderr: facts },
    environment,
    workingDirectory: folder,
    directories: { config: folder, data: folder, state: folder, cache: folder },
  };
  const copied: string[] = [];
  const controller = createController({
    options: { open: (signal) => fakeOpening(conversation, loadMilliseconds, signal), ...rest },
    ...{ context, columns, rows },
    history: openHistory(join(folder, 'history.jsonl')),
    terminal: {
      copy: (text) => copies && copied.push(text) > 0,
      handOver: (work) => work(),
      suspend() {},
    },
  });
  const ended = controller.run();
  ended.catch(() => {});
  const press = (...names: string[]): void => names.forEach((name) => controller.key({ kind: 'key', name }));
  const type = (text: string): void => controller.key({ kind: 'text', text } satisfies Key);
  const settled = async (condition = (): boolean => controller.store.get().phase.name === 'idle'): Promise<void> => {
    const deadline = performance.now() + 10_000;
    do await pause(5);
    while (!condition() && performance.now() < deadline);
    if (!condition()) throw new Error(`nothing settled; the screen shows\n${frame()}`);
  };
  const frame = (): string => frameLines(frameOf(controller.store.get(), controller.ink())).map(plainText).join('\n');
  return {
    ...controller,
    ...{ conversation, folder, copied, ended, press, type, settled, frame },
    async say(text) {
      type(text);
      press('enter');
      await settled();
      await settled();
    },
    printed: () =>
      stripVTControlCharacters(
        controller.store
          .get()
          .printed.map(({ text }) => text)
          .join('\n'),
      ),
    leave() {
      if (controller.store.get().editor.text !== '') press('ctrl+c');
      press('ctrl+d');
      return ended;
    },
  };
}
