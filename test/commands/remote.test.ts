// Models of the hub that are read by range: headers for llmx inspect. The hub is on this machine, and counts what it serves.
import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { convertTo } from '../support/convert.js';
import { commit, startHub, type HubServer } from '../support/hub-server.js';
import { largeModel } from '../support/large-model.js';
import { freshFolder, llmx, storyteller, type Result } from '../support/llmx.js';

const folder = freshFolder();
const at = (name: string): string => join(folder, name);
type Hubs = Readonly<Record<'safetensors' | 'gguf' | 'pytorch', HubServer>>;
let hubs: Hubs;
let other: HubServer;
let cache: string;

const filesOf = (path: string, names = readdirSync(path)): Record<string, Buffer> =>
  Object.fromEntries(names.filter((name) => name !== 'lineage.json').map((name) => [name, readFileSync(join(path, name))]));

beforeAll(async () => {
  const files = largeModel(at('safetensors'));
  await convertTo(at('safetensors'), [at('model-F32.gguf'), at('pytorch')], { to: ['gguf', 'pytorch'], chunkBytes: 8 << 20 });
  hubs = {
    safetensors: await startHub(files),
    gguf: await startHub(filesOf(folder, ['model-F32.gguf'])),
    pytorch: await startHub(filesOf(at('pytorch'))),
  };
  other = await startHub(files);
});
afterAll(async () => {
  for (const hub of [...Object.values(hubs), other]) await hub[Symbol.asyncDispose]();
});
beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  for (const hub of [...Object.values(hubs), other]) {
    hub.behaviour = {};
    hub.requests.length = 0;
    hub.served = 0;
  }
});

const environment = (hub: HubServer, more: Record<string, string> = {}): Record<string, string> => ({
  HF_HUB_OFFLINE: '0',
  HF_ENDPOINT: hub.address,
  HF_HUB_CACHE: cache,
  HF_TOKEN: 'secret',
  ...more,
});
const run = (hub: HubServer, args: readonly string[], more: Record<string, string> = {}): Promise<Result> =>
  llmx(args, { folder, environment: environment(hub, more) });
const inspect = (hub: HubServer, args: readonly string[] = [], more: Record<string, string> = {}): Promise<Result> =>
  run(hub, ['inspect', 'hf:org/model', ...args], more);
const bodyOf = ({ code, stdout, stderr }: Result): Record<string, unknown> => {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const headersOnly = 1_000_000;

describe('inspect', () => {
  test.each([
    ['safetensors', 'safetensors', ''],
    ['gguf', 'model-F32.gguf', 'model-F32.gguf'],
    ['pytorch', 'pytorch', ''],
  ] as const)('%s: headers alone, and what a local copy says', async (kind, local, name) => {
    const hub = hubs[kind];
    const remote = bodyOf(await inspect(hub, ['--tensors', '--json']));
    const size = [...hub.files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(size).toBeGreaterThan(40_000_000);
    expect(hub.served).toBeLessThan(headersOnly);
    expect(remote['received_bytes']).toBe(hub.served);
    expect(existsSync(join(cache, 'models--org--model'))).toBe(false);
    const here = bodyOf(await run(hub, ['inspect', local, '--tensors', '--json']));
    const root = `hf:org/model@${commit}`;
    const there = JSON.parse(JSON.stringify(remote).replaceAll(name === '' ? root : `${root}/${name}`, local)) as typeof here;
    expect({ ...there, model: '', received_bytes: 0 }).toEqual({ ...here, model: '' });
  });

  test('what a redirect, cuts and a throttle do not change', async () => {
    const hub = hubs.safetensors;
    const plain = bodyOf(await inspect(hub, ['--tensors', '--json']));
    hub.behaviour = { redirect: other.address, throttles: 2 };
    other.behaviour = { cutAfter: 1000, cuts: 3 };
    expect(bodyOf(await inspect(hub, ['--tensors', '--json']))).toMatchObject({ tensors: plain['tensors'] });
    expect(other.behaviour.cuts).toBe(0);
    expect(other.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test('an address that was redirected to is used until it is refused', async () => {
    const hub = hubs.safetensors;
    hub.behaviour = { redirect: other.address };
    other.behaviour = { refuseAt: 3 };
    expect(bodyOf(await inspect(hub, ['--check', '--json']))['check']).toMatchObject({ complete: true, problems: [] });
    const [asked, sent] = [hub, other].map(({ requests }) => requests.filter(({ path }) => path.endsWith('model.safetensors')).length);
    expect(asked).toBe(2);
    expect(sent).toBeGreaterThan(10);
  });

  test('--check reads all of it and stores nothing; --hash takes the digests that are listed', async () => {
    const hub = hubs.safetensors;
    const body = bodyOf(await inspect(hub, ['--check', '--json']));
    expect(body['check']).toMatchObject({ complete: true, problems: [] });
    expect(hub.served).toBeGreaterThan(40_000_000);
    expect(readdirSync(cache)).toEqual([]);
    hub.served = 0;
    const { files } = bodyOf(await inspect(hub, ['--hash', '--json'])) as { files: { sha256: string }[] };
    const local = bodyOf(await run(hub, ['inspect', 'safetensors', '--hash', '--json'])) as { files: { sha256: string }[] };
    expect(files[0]!.sha256).toBe(local.files[0]!.sha256);
    expect(hub.served).toBeLessThan(headersOnly);
  });

  test('what is in the cache is read there: all of it, or the files that are', async () => {
    const hub = hubs.safetensors;
    expect((await run(hub, ['pull', 'hf:org/model', '--include', 'config.json'])).code).toBe(0);
    hub.requests.length = 0;
    expect(bodyOf(await inspect(hub, ['--json']))['path']).toBe(`hf:org/model@${commit}`);
    expect(hub.requests.filter(({ path }) => path.endsWith('config.json'))).toEqual([]);
    expect((await run(hub, ['pull', 'hf:org/model'])).code).toBe(0);
    hub.requests.length = 0;
    const body = bodyOf(await inspect(hub, ['--json']));
    expect(body['path']).toBe(join(cache, 'models--org--model/snapshots', commit));
    expect(body['received_bytes']).toBe(0);
    expect(hub.requests).toEqual([]);
  });

  test('--diff with a model here', async () => {
    const { code, stderr, stdout } = await inspect(hubs.safetensors, ['--diff', 'safetensors']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/same config, tensors/);
  });

  test('--offline and HF_HUB_OFFLINE exit 4, for --diff too', async () => {
    const hub = hubs.safetensors;
    expect((await inspect(hub, ['--offline'])).code).toBe(4);
    expect((await inspect(hub, [], { HF_HUB_OFFLINE: '1' })).code).toBe(4);
    const { code, stderr } = await run(hub, ['inspect', 'safetensors', '--diff', 'hf:org/model', '--offline']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/not in the cache[\s\S]*llmx pull hf:org\/model/);
    expect(hub.requests).toEqual([]);
  });
});

describe('lies', () => {
  test.each<[string, HubServer['behaviour'], number, RegExp]>([
    ['other bytes in a small file', { flip: true }, 5, /its git-sha1 is [0-9a-f]+, the listing says/],
    ['another range', { wrongRange: true }, 5, /were asked for, the server answers 206/],
    ['more bytes', { longer: true }, 5, /more than the \d+ bytes that the listing says/],
    ['the whole file for a part', { ignoreRanges: true }, 5, /sends the whole file where a part is asked for[\s\S]*llmx pull/],
    ['a web page', { html: true }, 5, /a web page instead of the file/],
    ['another commit', { otherCommit: true }, 5, /answers with commit f+, the listing is of 0123/],
    ['an etag that changes', { newEtags: true }, 5, /its etag changed/],
    ['names that lead out', { names: ['../../evil', 'model.safetensors'] }, 5, /would not stay in its folder/],
    ['one name twice', { names: ['model.safetensors', 'model.safetensors'] }, 5, /stands twice in the listing/],
    ['silence', { stall: true }, 5, /no byte for 0\.2 s/],
    ['a gated repository', { status: 403, gated: true }, 5, /terms have not been accepted/],
    ['nothing there', { status: 404 }, 4, /not found \(404\)/],
  ])('%s', async (_, behaviour, exit, message) => {
    const hub = hubs.safetensors;
    hub.behaviour = { ...behaviour };
    const more: Record<string, string> = behaviour.stall === true ? { HF_HUB_DOWNLOAD_TIMEOUT: '0.2' } : {};
    const { code, stdout, stderr } = await inspect(hub, ['--check'], more);
    expect({ code, stdout }, stderr).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync(cache)).toEqual([]);
  });

  test('a listing with another size than the file has', async () => {
    const files = Object.fromEntries(hubs.safetensors.files);
    await using hub = await startHub(files);
    hub.behaviour = { extraSize: 8 };
    const { code, stderr } = await inspect(hub);
    expect(code).toBe(5);
    expect(stderr).toMatch(/were asked for, the server answers 206/);
  });

  test('a header of more than any file has', async () => {
    const model = Buffer.alloc(20_000);
    model.writeBigUInt64LE(2n ** 62n);
    await using hub = await startHub({ 'config.json': Buffer.from('{"model_type":"llama"}'), 'model.safetensors': model });
    const { code, stderr } = await inspect(hub);
    expect(code).toBe(4);
    expect(stderr).toMatch(/a header of 4611686018427387904 bytes/);
  });
});

test('a type names the file of a repository of GGUF files', async () => {
  await using hub = await startHub({ 'story-Q8_0.gguf': readFileSync(storyteller), 'README.md': Buffer.from('x') });
  const body = bodyOf(await run(hub, ['inspect', 'hf:org/model:q8_0', '--json']));
  expect(body).toMatchObject({ path: `hf:org/model@${commit}/story-Q8_0.gguf`, format: 'gguf', supported: true });
});
