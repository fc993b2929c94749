// llmx pull --list, --rm and --prune, on caches that llmx filled, that the Python tools would, and that lead elsewhere.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commit, startHub, type HubServer } from '../support/hub-server.js';
import { freshFolder, hasTerminal, llmx, onTerminal, withoutTerminal, type Result } from '../support/llmx.js';

const folder = freshFolder();
const second = 'b'.repeat(40);
const weights = Buffer.alloc(50_000, 1);
let hub: HubServer;
let cache: string;

beforeAll(async () => {
  hub = await startHub({});
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  hub.behaviour = {};
  hub.files.clear();
  hub.files.set('config.json', Buffer.from('{"model_type":"llama"}')).set('model.safetensors', weights);
});

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  HF_HUB_OFFLINE: '0',
  HF_ENDPOINT: hub.address,
  HF_HUB_CACHE: cache,
  ...more,
});
const pull = (...args: string[]): Promise<Result> => llmx(['pull', ...args], { folder, environment: environment() });
const root = (): string => join(cache, 'models--org--model');
const blobs = (): readonly string[] => readdirSync(join(root(), 'blobs')).sort();
const wrote = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await pull(...args);
  expect(code, stderr).toBe(0);
  return stdout;
};

/** Two revisions that share their weights: main is the first, v1 the second. */
async function twoRevisions(): Promise<void> {
  await wrote('hf:org/model');
  hub.files.set('config.json', Buffer.from('{"model_type":"llama","v":1}'));
  hub.behaviour = { commit: second };
  await wrote('hf:org/model@v1');
}

/** All files below a folder, links as they are. */
const tree = (path: string): readonly string[] => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();

function place(path: string, content: string | Buffer, secondsAgo = 0): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (secondsAgo !== 0) utimesSync(path, Date.now() / 1000 - secondsAgo, Date.now() / 1000 - secondsAgo);
}

describe('--list', () => {
  test('revisions by the names that other commands take, and sizes', async () => {
    await twoRevisions();
    const { code, stdout, stderr } = await pull('--list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^hf:org\/model +0123456789ab  2 files  50\.0 kB\nhf:org\/model@v1  bbbbbbbbbbbb  2 files  50\.0 kB\n$/);
    expect(stderr).toMatch(/1 model, 50\.\d kB in /);
    const body = JSON.parse(await wrote('--list', '--json')) as object;
    expect(body).toMatchObject({
      ok: true,
      schema: 'llmx.pull/1',
      cache,
      models: [
        {
          repository: 'org/model',
          bytes: 50_000 + 22 + 28,
          unfinished_bytes: 0,
          revisions: [
            { commit, refs: ['main'], bytes: 50_022, files: [{ name: 'config.json', bytes: 22 }, { name: 'model.safetensors' }] },
            { commit: second, refs: ['v1'], bytes: 50_028 },
          ],
        },
      ],
    });
  });

  test('an empty cache, and one that is not there', async () => {
    expect(await wrote('--list')).toBe('');
    const { code, stdout } = await llmx(['pull', '--list', '--json', '--cache-dir', join(cache, 'none')], { folder });
    expect({ code, body: JSON.parse(stdout) as object }).toMatchObject({ code: 0, body: { models: [], bytes: 0 } });
  });
});

describe('--rm', () => {
  test('without a terminal it needs -y; --dry-run says what would go', async () => {
    await twoRevisions();
    const before = tree(cache);
    const { code, stderr } = await pull('--rm', 'hf:org/model');
    expect(code).toBe(2);
    expect(stderr).toMatch(/Nobody is here to say yes[\s\S]*-y/);
    expect((await pull('--rm', 'hf:org/model', '--no-input')).code).toBe(2);
    const listed = (await wrote('--rm', 'hf:org/model', '--dry-run')).trim().split('\n');
    expect(listed.length).toBe(2 + 4 + 3); // refs, links, blobs
    expect(listed.every((path) => path.startsWith(root()))).toBe(true);
    expect(tree(cache)).toEqual(before);
  });

  test('a revision: its ref, its links, and the blobs of no other', async () => {
    await twoRevisions();
    expect(blobs().length).toBe(3);
    await wrote('--rm', 'hf:org/model@v1', '-y');
    expect(blobs().length).toBe(2);
    expect(readdirSync(join(root(), 'snapshots'))).toEqual([commit]);
    expect(readdirSync(join(root(), 'refs'))).toEqual(['main']);
    expect(readFileSync(join(root(), 'snapshots', commit, 'model.safetensors')).equals(weights)).toBe(true);
    const again = await pull('--rm', 'hf:org/model@v1', '-y');
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(/hf:org\/model@v1 is not in the cache[\s\S]*There is main/);
  });

  test('@main is a revision, no revision is all of them; .no_exist stays', async () => {
    await twoRevisions();
    place(join(root(), '.no_exist', commit, 'added_tokens.json'), '');
    await wrote('--rm', 'hf:org/model@main', '-y');
    expect(readdirSync(join(root(), 'snapshots'))).toEqual([second]);
    place(join(root(), 'blobs', 'c'.repeat(64)), 'nobody');
    place(join(root(), 'refs/pr/1'), 'd'.repeat(40));
    await wrote('--rm', 'hf:org/model', '-y');
    expect(tree(root())).toEqual(['.no_exist', join('.no_exist', commit), join('.no_exist', commit, 'added_tokens.json')]);
    expect(await wrote('--list')).toBe('');
    hub.behaviour = {};
    await wrote('hf:org/model'); // and it can be loaded again
  });

  test('a file, by name or type', async () => {
    hub.files.clear();
    for (const type of ['Q4_K_M', 'Q8_0']) hub.files.set(`m.${type}.gguf`, Buffer.alloc(20_000, type));
    await wrote('hf:org/model', '--include', '*.gguf');
    await wrote('--rm', 'hf:org/model:q8_0', '-y');
    expect(readdirSync(join(root(), 'snapshots', commit))).toEqual(['m.Q4_K_M.gguf']);
    expect(blobs().length).toBe(1);
    expect(readdirSync(join(root(), 'refs'))).toEqual(['main']);
    const { code, stderr } = await pull('--rm', 'hf:org/model:q2_k', '-y');
    expect(code).toBe(4);
    expect(stderr).toMatch(/hf:org\/model:q2_k: no such file in the cache[\s\S]*m\.Q4_K_M\.gguf/);
    await wrote('--rm', 'hf:org/model:m.Q4_K_M.gguf', '-y');
    expect(existsSync(root())).toBe(false);
  });

  test('all or nothing: a name that is not there leaves the others', async () => {
    await wrote('hf:org/model');
    const { code, stderr } = await pull('--rm', 'hf:org/model', 'hf:org/modle', '-y');
    expect(code).toBe(4);
    expect(stderr).toMatch(/hf:org\/modle is not in the cache[\s\S]*Did you mean hf:org\/model\?/);
    expect(blobs().length).toBe(2);
  });

  test('links that lead out go, what they lead to does not', async () => {
    await wrote('hf:org/model');
    const outside = mkdtempSync(join(folder, 'outside-'));
    place(join(outside, 'mine.txt'), 'mine');
    place(join(outside, 'snapshots', commit, 'mine.bin'), 'mine');
    symlinkSync(join(outside, 'mine.txt'), join(root(), 'snapshots', commit, 'stolen.txt'));
    symlinkSync(outside, join(root(), 'snapshots', commit, 'stolen'));
    symlinkSync(outside, join(root(), 'snapshots', second));
    symlinkSync(outside, join(root(), 'refs', 'pr'));
    symlinkSync(join(outside, 'mine.txt'), join(root(), 'blobs', 'e'.repeat(64)));
    symlinkSync(outside, join(cache, 'models--org--linked'));
    expect(await wrote('--list')).not.toContain('linked');
    expect((await pull('--rm', 'hf:org/linked', '-y')).code).toBe(4);
    await wrote('--rm', 'hf:org/model', '-y');
    await wrote('--prune', '-y');
    expect(tree(outside)).toEqual(['mine.txt', 'snapshots', join('snapshots', commit), join('snapshots', commit, 'mine.bin')]);
    expect(existsSync(join(root(), 'snapshots', commit))).toBe(false);
  });

  test('a model that is being loaded stays', async () => {
    await wrote('hf:org/model');
    place(join(cache, '.locks/models--org--model', `${'a'.repeat(64)}.llmx.lock`), String(process.pid));
    const { code, stderr } = await pull('--rm', 'hf:org/model', '-y');
    expect(code).toBe(5);
    expect(stderr).toMatch(/is being loaded by another process/);
    expect(blobs().length).toBe(2);
  });

  test.skipIf(!hasTerminal)(`a terminal is asked${withoutTerminal}`, async () => {
    await wrote('hf:org/model');
    const ask = (typed: string) =>
      onTerminal(['pull', '--rm', 'hf:org/model'], 80, folder, { typed, prompt: /\[y\/N\] /, environment: environment() });
    for (const no of ['n\n', '\n', 'yess\n']) {
      const { code, screen } = await ask(no);
      expect(code, screen).toBe(0);
      expect(screen).toMatch(/Remove 5 files \(50\.0 kB\) from the cache\? \[y\/N\]/);
      expect(screen).toMatch(/nothing was removed/);
    }
    expect((await ask('\u0004')).screen).toMatch(/nothing was removed/);
    expect((await ask('\u0003')).code).toBe(130);
    expect(blobs().length).toBe(2);
    expect((await ask('y\n')).screen).toMatch(/50\.0 kB are freed/);
    expect(existsSync(root())).toBe(false);
  });
});

describe('--prune', () => {
  test('what a kill left, and blobs that nothing links to; not what is in use or fresh', async () => {
    await wrote('hf:org/model');
    hub.files.set('large.safetensors', Buffer.alloc(40 << 20, 3));
    hub.behaviour = { holdAfter: 17 << 20, commit: second };
    const killed = await llmx(['pull', 'hf:org/model@v1', '--max-workers', '1'], {
      folder,
      environment: environment(),
      started: (child) => void hub.held().then(() => child.kill('SIGKILL')),
    });
    expect(killed.signal).toBe('SIGKILL');
    const unfinished = blobs().filter((name) => name.includes('.incomplete'));
    expect(unfinished.length).toBe(2);
    const [old, fresh, pythons] = ['1', '2', '3'].map((digit) => join(root(), 'blobs', digit.repeat(64)));
    place(old!, 'old', 3600);
    place(fresh!, 'fresh', -3600); // however long this test takes
    place(`${pythons!}.incomplete`, 'half', 3600);
    expect((await pull('--prune')).code).toBe(2);
    const listed = (await wrote('--prune', '--dry-run')).trim().split('\n').sort();
    expect(listed).toEqual([...unfinished.map((name) => join(root(), 'blobs', name)), old!, `${pythons!}.incomplete`].sort());
    expect(listed.every((path) => existsSync(path))).toBe(true);
    const { code, stdout, stderr } = await pull('--prune', '-y');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').sort()).toEqual(listed);
    expect(stderr).toMatch(/2222: being loaded, or changed within the last minute: kept/);
    expect(listed.some((path) => existsSync(path))).toBe(false);
    expect(blobs()).toContain('2'.repeat(64));
    expect(readFileSync(join(root(), 'snapshots', commit, 'model.safetensors')).equals(weights)).toBe(true);
    expect(JSON.parse(await wrote('--prune', '-y', '--json'))).toMatchObject({ removed: [], bytes: 0 });
  });

  test('blobs that are linked by absolute paths are in use', async () => {
    place(join(root(), 'blobs', '5'.repeat(64)), 'used', 3600);
    mkdirSync(join(root(), 'snapshots', commit), { recursive: true });
    symlinkSync(join(root(), 'blobs', '5'.repeat(64)), join(root(), 'snapshots', commit, 'model.bin'));
    expect(await wrote('--prune', '-y')).toBe('');
    expect(blobs()).toEqual(['5'.repeat(64)]);
  });
});

test('usage', async () => {
  for (const args of [
    ['--rm'],
    ['--list', 'hf:org/model'],
    ['--prune', 'hf:org/model'],
    ['--list', '--rm'],
    ['--rm', './here'],
    ['--rm', 'hf:a/b', '--include', 'x'],
    [],
  ])
    expect((await pull(...args)).code, args.join(' ')).toBe(2);
});
