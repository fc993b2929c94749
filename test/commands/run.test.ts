// llmx run as people and scripts use it, on the bundled model.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, llmx } from '../support/llmx.js';

interface Body {
  readonly ok: boolean;
  readonly schema: string;
  readonly text: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly truncated_tokens: number;
  readonly finish_reason: string;
  readonly seed: number;
  readonly logprobs?: readonly {
    readonly id: number;
    readonly logprob: number;
    readonly top: readonly { readonly id: number; readonly logprob: number }[];
  }[];
}
const json = async (...args: readonly string[]): Promise<Body> => {
  const { code, stdout, stderr } = await llmx(['run', '-q', '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Body;
};

test('a piped prompt gives one JSON document and nothing else', async () => {
  const { code, stdout } = await llmx(['run', '--json', '-n', '8', '--seed', '1'], { input: 'Once upon a time\n' });
  expect(code).toBe(0);
  const body = JSON.parse(stdout) as Body;
  expect(body).toMatchObject({
    ok: true,
    schema: 'llmx.run/1',
    prompt_tokens: 5,
    completion_tokens: 8,
    truncated_tokens: 0,
    finish_reason: 'length',
    seed: 1,
  });
});

test('stdin comes first, a blank line, then the words', async () => {
  const one = await llmx(['run', '-q', '--temp', '0', '-n', '4', '--echo', 'the', 'end'], { input: 'There was\n' });
  expect(one.stdout.startsWith('There was\n\nthe end')).toBe(true);
});

test('the same seed gives the same text on any number of threads', async () => {
  const texts = await Promise.all(
    [1, 2, 3].map(async (threads) => (await json('-n', '40', '--seed', '7', '-t', String(threads), 'Once upon a time')).text),
  );
  expect(new Set(texts).size).toBe(1);
  expect((await json('-n', '40', '--seed', '8', 'Once upon a time')).text).not.toBe(texts[0]);
});

test('a drawn seed is reported and repeats the text', async () => {
  const first = await json('-n', '20', 'Once upon a time');
  expect((await json('-n', '20', '--seed', String(first.seed), 'Once upon a time')).text).toBe(first.text);
});

test('text, --json and --no-stream say the same', async () => {
  const args = ['-n', '12', '--temp', '0', 'Once upon a time'];
  const { text } = await json(...args);
  expect((await llmx(['run', '-q', ...args])).stdout).toBe(`${text}\n`);
  expect((await llmx(['run', '-q', '--no-stream', ...args])).stdout).toBe(`${text}\n`);
  const folder = freshFolder();
  expect((await llmx(['run', '-q', '-o', 'story.txt', ...args], { folder })).stdout).toBe('');
  expect(readFileSync(join(folder, 'story.txt'), 'utf8')).toBe(`${text}\n`);
});

test('--stop cuts before the text and says so', async () => {
  const whole = await json('-n', '30', '--temp', '0', 'Once upon a time');
  const word = whole.text.split(' ')[5]!;
  const cut = await json('-n', '30', '--temp', '0', '--stop', word, 'Once upon a time');
  expect(cut).toMatchObject({ finish_reason: 'stop', text: whole.text.slice(0, whole.text.indexOf(word)) });
});

test('--logprobs reports the choice and the alternatives, --logit-bias moves it', async () => {
  const { logprobs } = await json('-n', '3', '--temp', '0', '--logprobs', '4', 'Once upon a time');
  expect(logprobs).toHaveLength(3);
  for (const { id, logprob, top } of logprobs!) {
    expect(top).toHaveLength(4);
    expect(top[0]).toMatchObject({ id, logprob });
    expect(Math.exp(logprob)).toBeLessThanOrEqual(1);
  }
  const [best, second] = logprobs![0]!.top;
  const biased = await json('-n', '1', '--temp', '0', '--logprobs', '1', '--logit-bias', `${best!.id}-inf`, 'Once upon a time');
  expect(biased.logprobs![0]!.id).toBe(second!.id);
});

test('a prompt that is too long says by how much; truncation is reported', async () => {
  const long = 'story '.repeat(600);
  const { code, stdout } = await llmx(['run', '--json', '-n', '4', long]);
  expect(code).toBe(4);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string; exit: number } };
  expect(error).toMatchObject({ code: 'context-exceeded', exit: 4 });
  const [, tokens, surplus, context] = /has (\d+) tokens, (\d+) more than the context of (\d+)/.exec(error.message)!.map(Number);
  expect([tokens! - surplus!, context]).toEqual([512, 512]);
  for (const how of ['truncate-start', 'truncate-middle']) {
    const report = await json('-n', '4', '--ctx-overflow', how, long);
    expect(report.truncated_tokens).toBe(tokens! - report.prompt_tokens);
    expect(report.truncated_tokens).toBeGreaterThanOrEqual(surplus!);
  }
});

test('--logit-bias of a token that the model does not have names both', async () => {
  const { code, stderr } = await llmx(['run', '-q', '-n', '1', '--logit-bias', '7+1,4096+1', 'hi']);
  expect(code).toBe(2);
  expect(stderr).toBe('error: --logit-bias 4096: the model has no such token\nhint: Its 4096 tokens are 0 to 4095\n');
});

test('text ends in one line end, streamed or not, also when there is none', async () => {
  for (const args of [
    ['-n', '0'],
    ['-n', '0', '--no-stream'],
    ['-n', '0', '--echo'],
    ['-n', '2', '--echo'],
    ['-n', '2', '--echo', '--no-stream'],
  ]) {
    const { stdout } = await llmx(['run', '-q', '--temp', '0', ...args, 'Once upon a']);
    const { text } = await json('--temp', '0', ...args, 'Once upon a');
    expect({ args, stdout }).toEqual({ args, stdout: `${args.includes('--echo') ? 'Once upon a' : ''}${text}\n` });
  }
});

test('the note says why the text ends: -n, or a full context', async () => {
  const note = async (...args: readonly string[]): Promise<string> => (await llmx(['run', '--ignore-eos', ...args, 'hi'])).stderr.split('\n').at(-2)!;
  expect(await note('-n', '1')).toBe('stopped after 1 token (raise it with -n, or -n -1 to go on to the end)');
  expect(await note('-n', '-1', '-c', '16')).toBe('stopped: the context of 16 tokens is full (raise it with -c)');
  expect(await note('-n', '600')).toBe('stopped: the context of 512 tokens is full');
});

test('a model that is not there is exit 4 with a hint', async () => {
  const { code, stdout, stderr } = await llmx(['run', '-m', 'no/such/file', 'hello']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(/^error: .*no\/such\/file.*\nhint: .+\n$/);
});

test('without the addon it runs on the slow path, says so once and gives the same tokens', async () => {
  const args = ['run', '--temp', '0', '-n', '5', 'Once upon a time'];
  const slow = await llmx(args, { environment: { LLMX_NATIVE: 'off' } });
  expect(slow.stderr.match(/slow path/g)).toHaveLength(1);
  expect(slow.stdout).toBe((await llmx(args)).stdout);
}, 60_000);
