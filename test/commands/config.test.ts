// Settings: flags over environment over ./llmx.config.json over the user's file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { freshFolder, llmx } from '../support/llmx.js';

let folder: string;
beforeEach(() => {
  folder = freshFolder();
});

const config = async (...args: readonly string[]): Promise<string> => (await llmx(['config', ...args], { folder })).stdout.trimEnd();

test('set, get, list, unset, path', async () => {
  const path = join(folder, 'home', 'config.json');
  expect(await config('path')).toBe(path);
  await config('set', 'threads', '4');
  await config('set', 'run.temp', '0.25');
  await config('set', 'ctx-size', '8k');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ threads: 4, run: { temp: 0.25 }, 'ctx-size': 8192 });
  expect(await config('get', 'threads')).toBe('4');
  expect(await config('get', 'temp')).toBe('0.8');
  expect(await config('get', 'run.temp')).toBe('0.25');
  expect((await config('list')).split('\n').sort()).toEqual([`ctx-size = 8192  (${path})`, `run.temp = 0.25  (${path})`, `threads = 4  (${path})`]);
  await config('unset', 'threads');
  expect(await config('get', 'threads')).toBe('null');
});

test('the nearer source wins', async () => {
  const threads = async (environment: Record<string, string> = {}): Promise<unknown> => {
    const { stdout } = await llmx(['config', 'get', 'threads', '--json'], { folder, environment });
    return (JSON.parse(stdout) as { settings: [{ value: unknown; source: string }] }).settings[0];
  };
  await config('set', 'threads', '2');
  expect(await threads()).toMatchObject({ value: 2, source: join(folder, 'home', 'config.json') });
  writeFileSync(join(folder, 'llmx.config.json'), '{"threads": 3}');
  expect(await threads()).toMatchObject({ value: 3, source: join(folder, 'llmx.config.json') });
  expect(await threads({ LLMX_THREADS: '4' })).toMatchObject({ value: 4, source: 'LLMX_THREADS' });
});

test('a wrong value says where it stands', async () => {
  expect((await llmx(['tokenize', 'x'], { folder, environment: { LLMX_COLOR: 'blue' } })).stderr).toBe(
    "error: LLMX_COLOR (environment) takes one of auto, always, never, not 'blue'\n",
  );
  expect((await llmx(['config', 'set', 'top-p', '2'], { folder })).stderr).toBe("error: top-p takes 0 to 1, not '2'\n");
  writeFileSync(join(folder, 'llmx.config.json'), '{"threads": ');
  expect(await llmx(['doctor'], { folder })).toMatchObject({ code: 4, stderr: expect.stringContaining('llmx.config.json: not JSON') as string });
});

test('--config reads another file instead', async () => {
  writeFileSync(join(folder, 'llmx.config.json'), '{"color": "always"}');
  writeFileSync(join(folder, 'other.json'), '{}');

  expect((await llmx(['help', 'nope'], { folder })).stderr).toMatch(/\u001b/);

  expect((await llmx(['help', 'nope', '--config', 'other.json'], { folder })).stderr).not.toMatch(/\u001b/);
});
