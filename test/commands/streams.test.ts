// What goes to which stream, and what happens when a stream is closed, full or silent.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, llmx, shell } from '../support/llmx.js';

const escapes = /\u001b/;

test('--json is one document with its schema; stderr stays empty', async () => {
  for (const name of ['doctor', 'config', 'help']) {
    const { code, stdout, stderr } = await llmx([name, ...(name === 'config' ? ['list'] : []), '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, schema: `llmx.${name}/1` });
    expect(stdout.trimEnd()).not.toContain('\n');
  }
});

test('--jsonl begins with start and ends with result', async () => {
  const { stdout } = await llmx(['doctor', '--jsonl']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  expect(events[0]).toMatchObject({ type: 'start', command: 'doctor', argv: ['--jsonl'] });
  expect(events.at(-1)).toMatchObject({ type: 'result', ok: true, schema: 'llmx.doctor/1' });
});

test('--log-file takes the events with their time', async () => {
  const folder = freshFolder();
  await llmx(['doctor', '-q', '--log-file', 'log.jsonl'], { folder });
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { time: string; type: string });
  expect(lines.at(-1)).toMatchObject({ type: 'result' });
  expect(Date.parse(lines[0]!.time)).toBeGreaterThan(0);
});

test('no colour in a pipe, colour where it is forced, none with NO_COLOR', async () => {
  expect((await llmx(['nope'])).stderr).not.toMatch(escapes);
  expect((await llmx(['help', 'nope', '--color=always'])).stderr).toMatch(escapes);
  expect((await llmx(['help', 'nope'], { environment: { FORCE_COLOR: '1' } })).stderr).toMatch(escapes);
  expect((await llmx(['help', 'nope'], { environment: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toMatch(escapes);
  expect((await llmx(['help', 'nope', '--color=never'], { environment: { FORCE_COLOR: '1' } })).stderr).not.toMatch(escapes);
});

test('a reader that leaves ends a printing command quietly with 0', async () => {
  const { code, stdout, stderr } = await shell('set -o pipefail; llmx completion zsh | head -c 10');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '#compdef l', stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('a full disk behind stdout is status 5 (skipped without /dev/full)', async () => {
  for (const line of ['llmx help json', 'llmx --help', 'llmx -V', 'llmx', 'llmx run --help', 'llmx run hi -n 4 -q', 'llmx run hi -n 4 -q --json']) {
    const { code, stderr } = await shell(`${line} > /dev/full`);
    expect({ line, code, stderr }).toEqual({
      line,
      code: 5,
      stderr: 'error: stdout: no space left on the disk\nhint: The output is not complete\n',
    });
  }
});

test('a reader that leaves before the help is no failure', async () => {
  expect(await shell('set -o pipefail; llmx --help | true')).toMatchObject({ code: 0, stderr: '' });
});

test('closed streams do no harm', async () => {
  expect((await shell('llmx doctor <&-')).code).toBe(0);
  expect((await shell('llmx doctor 2>&-')).code).toBe(0);
  expect((await shell('llmx doctor --json >&-')).code).toBe(0);
});

test('long output to a slow pipe is whole', async () => {
  const { stdout } = await shell('llmx completion bash | (sleep 0.3; wc -c); llmx completion bash | wc -c');
  const [slow, quick] = stdout.trim().split(/\s+/);
  expect(slow).toBe(quick);
  expect(Number(slow)).toBeGreaterThan(2000);
});
