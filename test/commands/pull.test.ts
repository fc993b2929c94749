// llmx pull against a hub on this machine that cuts, stalls, redirects and lies.
import { existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commit, startHub, type HubServer } from '../support/hub-server.js';
import { freshFolder, llmx, storyteller, type Result } from '../support/llmx.js';

const folder = freshFolder();
let hub: HubServer;
let other: HubServer;
let cache: string;

const large = Buffer.from(Uint8Array.from({ length: 40 << 20 }, (_, index) => (index * 2654435761) >>> 24));
const files = {
  'config.json': Buffer.from('{"model_type":"llama"}\n'),
  'model.safetensors': large,
  'pytorch_model.bin': Buffer.alloc(20_000, 7),
  'sub/notes.txt': Buffer.from('notes'),
};

beforeAll(async () => {
  hub = await startHub(files);
  other = await startHub(files);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});
beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  hub.behaviour = {};
  other.behaviour = {};
  hub.requests.length = 0;
  hub.served = 0;
  other.requests.length = 0;
});

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  HF_HUB_OFFLINE: '0',
  HF_ENDPOINT: hub.address,
  HF_HUB_CACHE: cache,
  HF_TOKEN: 'secret',
  ...more,
});
const pull = (args: readonly string[] = [], more: Record<string, string> = {}): Promise<Result> =>
  llmx(['pull', 'hf:org/model', ...args], { folder, environment: environment(more) });
const root = (): string => join(cache, 'models--org--model');
const snapshot = (name = ''): string => join(root(), 'snapshots', commit, name);

test('the layout that the Python tools share, and the path on stdout', async () => {
  const { code, stdout, stderr } = await pull();
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: `${snapshot().replace(/\/$/, '')}\n` });
  expect(readdirSync(snapshot()).sort()).toEqual(['config.json', 'model.safetensors', 'sub']);
  expect(readFileSync(join(root(), 'refs/main'), 'utf8')).toBe(commit);
  expect(lstatSync(snapshot('model.safetensors')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(snapshot('sub/notes.txt'))).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  expect(readFileSync(snapshot('model.safetensors')).equals(large)).toBe(true);
  expect(readdirSync(join(root(), 'blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  expect(hub.requests.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
  const before = hub.requests.length;
  expect((await pull(['--verify'])).code).toBe(0);
  expect(hub.requests.length).toBe(before + 1); // the listing alone
});

test('--include, --local-dir, --dry-run and --json', async () => {
  const dry = await pull(['--dry-run', '--json']);
  expect(JSON.parse(dry.stdout)).toMatchObject({ ok: true, schema: 'llmx.pull/1', dry_run: true, bytes: large.length + 23 + 5 });
  expect(existsSync(root())).toBe(false);
  const { code } = await pull(['--include', '*.json', '--include', 'pytorch_model.bin', '--local-dir', join(cache, 'out')]);
  expect(code).toBe(0);
  expect(readdirSync(join(cache, 'out')).sort()).toEqual(['config.json', 'pytorch_model.bin']);
});

describe('cuts', () => {
  test('a connection that is cut goes on where it was', async () => {
    hub.behaviour = { cutAfter: 3 << 20, cuts: 5 };
    const { code, stderr } = await pull(['--max-workers', '2']);
    expect(code, stderr).toBe(0);
    expect(readFileSync(snapshot('model.safetensors')).equals(large)).toBe(true);
    expect(hub.requests.some(({ range }) => range !== undefined && !/^bytes=(0|16777216|33554432)-/.test(range))).toBe(true);
  });

  test('a server that is out of breath is asked again', async () => {
    hub.behaviour = { failures: 2 };
    expect((await pull(['--include', 'config.json'])).code).toBe(0);
  });

  test('a server that ignores ranges', async () => {
    hub.behaviour = { ignoreRanges: true };
    expect((await pull()).code).toBe(0);
    expect(readFileSync(snapshot('model.safetensors')).equals(large)).toBe(true);
  });

  // One segment is 16 MiB; with one worker it is recorded before the next is asked for.
  test.each([1, 17, 33])('kill -9 after %i MiB, then again', async (mebibytes) => {
    hub.behaviour = { holdAfter: mebibytes << 20 };
    const killed = await llmx(['pull', 'hf:org/model', '--max-workers', '1'], {
      folder,
      environment: environment(),
      started: (child) => void hub.held().then(() => child.kill('SIGKILL')),
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    expect(existsSync(snapshot('model.safetensors'))).toBe(false);
    hub.behaviour = {};
    hub.served = 0;
    const { code, stderr } = await pull();
    expect(code, stderr).toBe(0);
    expect(readFileSync(snapshot('model.safetensors')).equals(large)).toBe(true);
    expect(hub.served).toBeLessThanOrEqual(large.length - (mebibytes & ~15) * 2 ** 20);
  });

  test('two at once share the work', async () => {
    hub.behaviour = { slow: 1 };
    const [first, second] = await Promise.all([pull(), pull()]);
    expect([first.code, second.code], first.stderr + second.stderr).toEqual([0, 0]);
    expect(hub.requests.filter(({ path, range }) => path.endsWith('model.safetensors') && /^bytes=0-/.test(range ?? '')).length).toBe(1);
  });
});

test('a redirect to another host does not get the token', async () => {
  hub.behaviour = { redirect: other.address };
  expect((await pull()).code).toBe(0);
  expect(other.requests.length).toBeGreaterThan(0);
  expect(other.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
});

describe('lies', () => {
  test.each<[string, HubServer['behaviour'], RegExp]>([
    ['other bytes', { flip: true }, /its (sha256|git-sha1) is [0-9a-f]+, the listing says [0-9a-f]+/],
    ['another digest', { wrongDigest: true }, /sha256 is [0-9a-f]{64}, the listing says 0{64}/],
    ['another range', { wrongRange: true }, /were asked for, the server answers 206/],
    ['more bytes', { longer: true }, /the server sends \d+ bytes, the listing says \d+/],
    ['a web page', { html: true }, /a web page instead of the file/],
    ['silence', { stall: true }, /no byte for 0\.2 s/],
    ['a name outside', { names: ['../../evil', 'b', 'c', 'd'] }, /would not stay in its folder/],
    ['an absolute name', { names: ['a', '/etc/evil', 'c', 'd'] }, /would not stay in its folder/],
  ])('%s', async (_, behaviour, message) => {
    hub.behaviour = { ...behaviour };
    const { code, stdout, stderr } = await pull([], behaviour.stall === true ? { HF_HUB_DOWNLOAD_TIMEOUT: '0.2' } : {});
    expect({ code, stdout }, stderr).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(snapshot('model.safetensors'))).toBe(false);
  });
});

describe('refusals', () => {
  test.each<[string, HubServer['behaviour'], number, RegExp]>([
    ['401', { status: 401 }, 5, /access is refused \(401\)[\s\S]*Visit http/],
    ['a gated repository', { status: 403, gated: true }, 5, /terms have not been accepted \(403\)[\s\S]*org\/model/],
    ['404', { status: 404 }, 4, /not found \(404\)/],
  ])('%s', async (_, behaviour, exit, message) => {
    hub.behaviour = behaviour;
    const { code, stderr } = await pull();
    expect(code).toBe(exit);
    expect(stderr).toMatch(message);
  });

  test('a file that is not there names what is', async () => {
    const { code, stderr } = await llmx(['pull', 'hf:org/model:missing.gguf'], { folder, environment: environment() });
    expect(code).toBe(4);
    expect(stderr).toMatch(/has no file missing\.gguf[\s\S]*config\.json/);
  });

  test('--offline and HF_HUB_OFFLINE are absolute', async () => {
    expect((await pull(['--offline'])).code).toBe(4);
    expect((await pull([], { HF_HUB_OFFLINE: '1' })).code).toBe(4);
    expect(hub.requests).toEqual([]);
  });

  test('what is no reference to the hub', async () => {
    const { code, stderr } = await llmx(['pull', './here'], { folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/not a reference to the hub/);
  });

  test('a revision that would lead out of the cache', async () => {
    const { code, stderr } = await pull(['--revision', '../../evil']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--revision: \.\.\/\.\.\/evil is not a revision/);
  });
});

test('run loads what is not there, and then needs no network', async () => {
  await using models = await startHub({ 'story.Q8_0.gguf': readFileSync(storyteller), 'README.md': Buffer.from('x') });
  const more = { HF_ENDPOINT: models.address };
  const args = ['run', '-m', 'hf:org/model:Q8_0', 'Once upon a time', '-n', '4', '--greedy', '-q'];
  const first = await llmx(args, { folder, environment: environment(more) });
  expect(first.code, first.stderr).toBe(0);
  const again = await llmx(args, { folder, environment: environment({ ...more, HF_HUB_OFFLINE: '1' }) });
  expect(again.stdout).toBe(first.stdout);
});
