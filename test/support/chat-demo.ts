// The chat screen on a conversation that only pretends, for a pseudo terminal: LLMX_DEMO_RATE events a second, LLMX_DEMO_LOAD milliseconds to open.
// A long reply stands still after 20 lines until there is a file `go` in LLMX_HOME, however slow the machine is that looks at it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startScreen } from '../../src/commands/chat/screen.js';
import type { SessionStore } from '../../src/commands/chat/options.js';
import { watchSignals } from '../../src/commands/shell/signals.js';
import { streamFacts } from '../../src/commands/shell/terminal.js';
import { fakeConversation, fakeOpening } from './fake-conversation.js';

const folder = process.env.LLMX_HOME ?? '/nonexistent';
const poem = Array.from({ length: 60 }, (_, line) => `${line + 1}. line ${line + 1} of a long reply`).join('\n');
const answers: Readonly<Record<string, string>> = {
  hello: 'Hello! This is **bold** and `code`.\n\n- one\n- two\n',
  long: poem,
  code: '```python\ndef f(x):\n    return x + 1\n```\n\nDone.\n',
  think: '<think>First I count to three. One, two, three.</think>The answer is 42.\n',
  hostile: 'before \u001b[2J\u001b[3J\u001b]0;title\u0007 after\n',
};

const sessions: SessionStore = {
  save: async (_conversation, name = 'session-1') => name,
  list: async () => [],
  load: (_id, current) => fakeOpening(current!),
  begin() {},
};

const { signal } = watchSignals();
const { env } = process;
const facts = streamFacts(process.stdout, 'auto', env);
/** Ends that nobody has planned. */
const ends: Readonly<Record<string, () => void>> = {
  crash: () => {
    throw new Error('a crash on purpose');
  },
  terminate: () => void process.kill(process.pid, 'SIGTERM'),
};
const eventsOfTwentyLines = 140;
const whenLetGo = async (): Promise<void> => {
  while (!existsSync(join(folder, 'go'))) await new Promise((resolve) => setTimeout(resolve, 20));
};
const conversation = fakeConversation({
  gate: (said, event) => (said.startsWith('long') && event === eventsOfTwentyLines ? whenLetGo() : undefined),
  answer: (said) =>
    (ends[said] === undefined ? undefined : (setTimeout(ends[said], 100), 'word '.repeat(1000))) ??
    answers[said.trim().split(/\s/)[0]!] ??
    `You said ${said.length} characters in ${said.split('\n').length} lines.\n`,
  eventsPerSecond: Number(env.LLMX_DEMO_RATE ?? 100),
});
try {
  const end = await startScreen(
    {
      open: async function* (stop) {
        const opened = yield* fakeOpening(conversation, Number(env.LLMX_DEMO_LOAD ?? 0) || 0, stop);
        if (env.LLMX_DEMO_LOAD === 'fails') throw new Error('no such model');
        return opened;
      },
      sessions,
      historyFile: join(folder, 'history.jsonl'),
      theme: 'dark',
    },
    {
      signal,
      terminal: { stdin: facts, stdout: facts, stderr: facts },
      environment: env,
      workingDirectory: process.cwd(),
      directories: { config: folder, data: folder, state: folder, cache: folder },
    },
  );
  console.log(`left with ${end.exit} after ${end.turns} turns, session ${end.session ?? 'none'}`);
  process.exitCode = end.exit;
} catch (error) {
  console.log(`error: ${(error as Error).message}`);
}
