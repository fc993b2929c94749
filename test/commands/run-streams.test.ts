// `llmx run` among pipes: what goes where, who may leave, and how it stops. What it generates is tested elsewhere.
import type { ChildProcess } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { llmx, shell } from '../support/llmx.js';

const endless = ['run', 'Once', '-n', '-1', '--ignore-eos', '-q'];

describe('run', () => {
  test('stdout carries the text alone, also without stderr', async () => {
    const { code, stdout } = await shell('llmx run "Once upon a time" -n 8 --greedy 2> /dev/null');
    expect(code).toBe(0);
    const { text } = JSON.parse((await llmx(['run', 'Once upon a time', '-n', '8', '--greedy', '--json', '-q'])).stdout) as { text: string };
    expect(stdout.trimEnd()).toBe(text.trimEnd());
    expect((await llmx(['run', 'Once upon a time', '-n', '8', '--temp', '0', '--no-stream', '-q'])).stdout.trimEnd()).toBe(text.trimEnd());
  });

  test('a reader that leaves ends it quietly with 0', async () => {
    const { code, stdout, stderr } = await shell(`set -o pipefail; llmx run Once -n -1 --ignore-eos -q | head -c 10`);
    expect({ code, length: stdout.length, stderr }).toEqual({ code: 0, length: 10, stderr: '' });
  });

  test('SIGINT gives the report so far and 130', async () => {
    let sent = 0;
    const { code, stdout } = await llmx([...endless, '--jsonl'], {
      started: (child: ChildProcess) =>
        child.stdout!.on('data', (text: string) => {
          if (sent !== 0 || !text.includes('"token"')) return;
          sent = performance.now();
          child.kill('SIGINT');
        }),
    });
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { type: string; finish_reason: string; text: string };
    expect(code).toBe(130);
    expect(last).toMatchObject({ type: 'result', finish_reason: 'interrupted' });
    expect(last.text.length).toBeGreaterThan(0);
    console.log(`run: SIGINT to exit ${(performance.now() - sent).toFixed(0)} ms`);
  });

  test('the prompt is stdin, a blank line, then the words', async () => {
    const count = async (line: string): Promise<number> =>
      (JSON.parse((await shell(`${line} -n 1 --json -q`)).stdout) as { prompt_tokens: number }).prompt_tokens;
    expect(await count(`printf 'One day' | llmx run 'Tim ran'`)).toBe(await count(`llmx run "$(printf 'One day\\n\\nTim ran')" --no-stdin`));
    expect(await count(`printf 'One day' | llmx run --no-stdin 'Tim ran'`)).toBe(await count(`llmx run 'Tim ran'`));
  });

  test('no prompt at all is status 2', async () => {
    expect((await llmx(['run'])).code).toBe(2);
  });
});
