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
  expect(await config('get', 'threads')).toBe('');
  expect(await config('path', '--config', 'x.json')).toBe('x.json');
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

test('a file that was named must be there, but for config set', async () => {
  const missing = 'error: none.json: no such configuration file\nhint: llmx config set KEY VALUE --config FILE makes one\n';
  for (const args of [
    ['doctor', '--config', 'none.json'],
    ['config', 'list', '--config', 'none.json'],
  ])
    expect(await llmx(args, { folder })).toMatchObject({ code: 4, stdout: '', stderr: missing });
  expect(await llmx(['doctor'], { folder, environment: { LLMX_CONFIG: 'none.json' } })).toMatchObject({ code: 4, stderr: missing });
  await config('set', 'threads', '3', '--config', 'new/one.json');
  expect(await config('get', 'threads', '--config', 'new/one.json')).toBe('3');
});

test('what means nothing is told, with the nearest name that does', async () => {
  writeFileSync(join(folder, 'llmx.config.json'), '{"thread": 3, "run": {"tmep": 1, "temp": 0.5}, "rnu": {"temp": 1}, "temp": 0.3}');
  const { code, stdout, stderr } = await llmx(['help', 'refs'], { folder, environment: { LLMX_THREAD: '3', LLMX_TEMP: '1', LLMX_ZZZZZZZZ: '' } });
  const file = join(folder, 'llmx.config.json');
  expect({ code, first: stdout.slice(0, 7) }).toEqual({ code: 0, first: 'A model' });
  expect(stderr.split('\n')).toEqual([
    ...['warning: LLMX_THREAD in the environment means nothing', 'hint: Did you mean LLMX_THREADS?'],
    ...[`warning: ${file}: there is no setting thread`, 'hint: Did you mean threads?'],
    ...[`warning: ${file}: there is no setting run.tmep`, 'hint: Did you mean temp?'],
    ...[`warning: ${file}: there is no command rnu`, 'hint: Did you mean run?'],
    '',
  ]);
  expect((await llmx(['help', 'refs', '-q'], { folder })).stderr).toBe('');
});

test('unset removes also what is no setting', async () => {
  const path = join(folder, 'home', 'config.json');
  await config('set', 'threads', '3');
  writeFileSync(path, '{"thread": 3}');
  expect((await llmx(['config', 'unset', 'thread', '-q'], { folder })).code).toBe(0);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({});
  expect((await llmx(['config', 'unset', 'thread', '-q'], { folder })).code).toBe(2);
});

test.skipIf(process.platform !== 'linux')('a home where nothing can be made is status 5, at once (skipped off Linux: needs /proc)', async () => {
  const { code, stderr, milliseconds } = await llmx(['config', 'set', 'threads', '3'], { folder, environment: { LLMX_HOME: '/proc/none/llmx' } });
  expect(code).toBe(5);
  expect(stderr).toMatch(/^error: \/proc\/none: the folder cannot be made: .*\nhint: .*LLMX_HOME/);
  expect(milliseconds).toBeLessThan(5000);
});
