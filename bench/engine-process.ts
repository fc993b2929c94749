// The race's end of the protocol: starts an engine in a process of its own and asks it one thing at a time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command, Description, Reply, Settings } from './protocol.mjs';

export interface EngineProcess extends AsyncDisposable {
  readonly description: Description;
  /** Seconds. */
  prompt(tokens: number): Promise<number>;
  generate(tokens: number, depth: number): Promise<number>;
}

/** `script` is a module beside this one. It inherits this process's loaders, so it may be TypeScript. */
export async function startEngine(script: string, settings: Settings): Promise<EngineProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([status, signal]) => {
    throw new Error(`${script} ended with ${signal ?? status}`);
  });
  ended.catch(() => undefined);

  async function ask(command: Command): Promise<Description | number> {
    const replied = once(child, 'message');
    child.send(command);
    const [reply] = (await Promise.race([replied, ended])) as [Reply];
    if (!reply.ok) throw new Error(`${script}: ${reply.error}`);
    return reply.value;
  }

  async function stop(): Promise<void> {
    if (child.connected) child.send({ command: 'exit' } satisfies Command);
    const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended.catch(() => clearTimeout(kill));
  }

  try {
    const description = (await ask({ command: 'prepare', settings })) as Description;
    return {
      description,
      prompt: async (tokens) => (await ask({ command: 'prompt', tokens })) as number,
      generate: async (tokens, depth) => (await ask({ command: 'generate', tokens, depth })) as number,
      [Symbol.asyncDispose]: stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
