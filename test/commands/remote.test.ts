// Models of the hub that are read by range: headers for llmx inspect, whole models for llmx convert --remote. The hub is on this machine, and counts what it serves.
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { convertTo, storytellerFolder } from '../support/convert.js';
import { commit, startHub, type HubServer } from '../support/hub-server.js';
import { largeModel } from '../support/large-model.js';
import { freshFolder, llmx, pause, storyteller, type Result } from '../support/llmx.js';

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

  test('small files come whole and once, with their digest checked: the hub need not have ranges of them', async () => {
    const tokenizer = ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    await using hub = await startHub(filesOf(storytellerFolder, tokenizer));
    hub.behaviour = { largeAbove: 1 << 20 };
    expect(bodyOf(await inspect(hub, ['--json']))).toMatchObject({ supported: true, tokenizer: { kind: 'tokenizer-json (BPE)' } });
    const asked = hub.requests.filter(({ path }) => path.endsWith('tokenizer.json'));
    expect(asked.map(({ range }) => range)).toEqual([undefined]);
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

  test('a file of weights by its name, with the config that it needs', async () => {
    const body = bodyOf(await run(hubs.safetensors, ['inspect', 'hf:org/model:model.safetensors', '--json']));
    expect(body).toMatchObject({ path: `hf:org/model@${commit}/model.safetensors`, supported: true, layers: 2 });
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

describe('convert --remote', () => {
  const convert = (hub: HubServer, output: string, args: readonly string[], started?: (child: ChildProcess) => void): Promise<Result> =>
    llmx(['convert', 'hf:org/model', output, '--remote', ...args], {
      folder,
      environment: environment(hub),
      ...(started === undefined ? {} : { started }),
    });
  const digests = (path: string): unknown => {
    const names = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    return names.filter((name) => !name.endsWith('lineage.json')).map((name) => createHash('sha256').update(readFileSync(name)).digest('hex'));
  };
  let outputs = 0;
  const newOutput = (suffix: string): string => `out-${outputs++}${suffix}`;
  /** What the same model comes to when it lies here. */
  const locally = async (local: string, args: readonly string[], suffix: string): Promise<unknown> => {
    const output = newOutput(suffix);
    const { code, stderr } = await llmx(['convert', local, output, '--verify', 'none', ...args], { folder });
    expect(code, stderr).toBe(0);
    return digests(at(output));
  };

  test.each([
    ['safetensors', 'safetensors', ['--outtype', 'q8_0'], '.gguf'],
    ['safetensors', 'safetensors', ['--outtype', 'f16', '--to', 'pytorch'], ''],
    ['gguf', 'model-F32.gguf', ['--to', 'safetensors'], ''],
    ['pytorch', 'pytorch', [], '.gguf'],
  ] as const)('%s with %j: the bytes of a conversion of the downloaded model', async (kind, local, args, suffix) => {
    const hub = hubs[kind];
    const output = newOutput(suffix);
    const body = bodyOf(await convert(hub, output, ['--verify', 'none', '--json', ...args]));
    expect(digests(at(output))).toEqual(await locally(local, args, suffix));
    expect(body['received_bytes']).toBe(hub.served);
    const size = [...hub.files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(hub.served).toBeLessThan(1.05 * size); // each weight once, and headers
    expect(readdirSync(cache)).toEqual([]);
  });

  test('the lineage names commit and digests; the verification reads by range, and says what it left out', async () => {
    const hub = hubs.safetensors;
    const output = newOutput('.gguf');
    const result = await convert(hub, output, ['--json', '--outtype', 'f16']);
    expect(result.stderr).toMatch(/logits are not compared/);
    const body = bodyOf(result) as { verify: object; output: { verify: { logits: unknown; tensors: unknown } }[] };
    expect(Object.keys(body.verify)).toEqual(['tensor-mismatches', 'tensor-nmse']);
    expect(body.output[0]!.verify).toMatchObject({
      logits: { skipped: expect.stringContaining('by range') as unknown },
      tensors: { mismatches: [] },
    });
    const lineage = JSON.parse(readFileSync(at(`${output}.lineage.json`), 'utf8')) as { inputs: unknown };
    const sha256 = createHash('sha256').update(hub.files.get('model.safetensors')!).digest('hex');
    // It says whose word that is.
    expect(lineage.inputs).toMatchObject([{ path: `hf:org/model@${commit}/model.safetensors`, sha256, listed: true }]);
  });

  test('--verify full holds the digest that is listed against the bytes', async () => {
    const hub = hubs.safetensors;
    const [right, wrong] = [newOutput('.gguf'), newOutput('.gguf')];
    expect((await convert(hub, right, ['--verify', 'full', '-q'])).code).toBe(0);
    const lineage = JSON.parse(readFileSync(at(`${right}.lineage.json`), 'utf8')) as { inputs: readonly object[] };
    expect(lineage.inputs[0]).not.toHaveProperty('listed');
    hub.behaviour = { flipLast: true };
    const { code, stderr } = await convert(hub, wrong, ['--verify', 'full', '-q']);
    expect({ code, there: existsSync(at(wrong)) }, stderr).toEqual({ code: 5, there: false });
    expect(stderr).toMatch(/model\.safetensors: its sha256 is [0-9a-f]{64}, not [0-9a-f]{64}/);
  });

  test('a file of the cache that is not what its name says is told', async () => {
    const hub = hubs.safetensors;
    expect((await run(hub, ['pull', 'hf:org/model', '-q'])).code).toBe(0);
    const blobs = join(cache, 'models--org--model/blobs');
    const blob = join(
      blobs,
      readdirSync(blobs).find((name) => name.length === 64)!,
    );
    const bytes = readFileSync(blob);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(blob, bytes);
    const output = newOutput('.gguf');
    const { code, stderr } = await run(hub, ['convert', 'hf:org/model', output, '--verify', 'none', '-q']);
    expect({ code, there: existsSync(at(output)) }, stderr).toEqual({ code: 5, there: false });
    expect(stderr).toMatch(/its sha256 is .*\n.*llmx pull --force/);
  });

  test('redirects, cuts, throttles and an address that expires do not change the bytes', async () => {
    const hub = hubs.safetensors;
    hub.behaviour = { redirect: other.address, throttles: 1 };
    other.behaviour = { cutAfter: 700_000, cuts: 6, throttles: 3, refuseAt: 9 };
    const output = newOutput('.gguf');
    const { code, stderr } = await convert(hub, output, ['--verify', 'none']);
    expect(code, stderr).toBe(0);
    expect(other.behaviour).toMatchObject({ cuts: 0, throttles: 0 });
    expect(digests(at(output))).toEqual(await locally('safetensors', [], '.gguf'));
  });

  /** Kills a conversion once the hub has sent so much and the journal holds a role. */
  const killed = async (hub: HubServer, output: string, args: readonly string[]): Promise<void> => {
    hub.behaviour = { holdAfter: 36 << 20 };
    const journal = join(folder, `${output}.partial`, 'journal.jsonl');
    const lines = (): number => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length : 0);
    const { signal, stderr } = await convert(hub, output, ['--verify', 'none', ...args], (child) => {
      void hub.held().then(async () => {
        while (lines() < 4 && child.exitCode === null) await pause(20);
        child.kill('SIGKILL');
      });
    });
    expect(signal, stderr).toBe('SIGKILL');
    expect(existsSync(at(output))).toBe(false);
    hub.behaviour = {};
    hub.served = 0;
  };

  test.each([
    ['.gguf', []],
    ['', ['--to', 'pytorch']],
  ] as const)('kill -9, then --resume: the same bytes, and not all of them again (%j %j)', async (suffix, args) => {
    const hub = hubs.safetensors;
    const output = newOutput(suffix);
    await killed(hub, output, args);
    const body = bodyOf(await convert(hub, output, ['--verify', 'none', '--resume', '--json', ...args]));
    const resumed = body['resumed_bytes'] as number;
    expect(resumed).toBeGreaterThan(8 << 20); // each role has as many bytes there as here
    expect(hub.served).toBeLessThan(hub.files.get('model.safetensors')!.length - resumed + headersOnly);
    expect(digests(at(output))).toEqual(await locally('safetensors', args, suffix));
  });

  test('another commit is not gone on with', async () => {
    const hub = hubs.safetensors;
    const output = newOutput('.gguf');
    await killed(hub, output, []);
    hub.behaviour = { commit: 'c'.repeat(40) };
    const { code, stderr } = await convert(hub, output, ['--verify', 'none', '--resume']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/no unfinished conversion of this plan/);
    expect(digests(at(output))).toEqual(await locally('safetensors', [], '.gguf'));
  });

  test('a hub that refuses halfway: exit 5, no output, and a word on how to go on', async () => {
    const hub = hubs.safetensors;
    const output = newOutput('.gguf');
    hub.behaviour = { refuseFrom: 6 };
    const { code, stdout, stderr } = await convert(hub, output, ['--verify', 'none']);
    expect({ code, stdout }, stderr).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/access is refused \(403\)/);
    expect(stderr).toMatch(/--resume goes on/);
    expect(existsSync(at(output))).toBe(false);
  });

  test('Ctrl-C ends a read that waits: exit 130, and what is done is kept', async () => {
    const hub = hubs.safetensors;
    const output = newOutput('.gguf');
    const interrupt = (child: ChildProcess): void => void hub.held().then(() => child.kill('SIGINT'));
    hub.behaviour = { holdAfter: 36 << 20 };
    const converted = await convert(hub, output, ['--verify', 'none'], interrupt);
    expect(converted.code, converted.stderr).toBe(130);
    expect(existsSync(at(output))).toBe(false);
    expect(existsSync(at(`${output}.partial`))).toBe(true);
    hub.behaviour = { holdAfter: 0 };
    const inspected = await llmx(['inspect', 'hf:org/model'], { folder, environment: environment(hub), started: interrupt });
    expect(inspected.code, inspected.stderr).toBe(130);
  });

  test('what it cannot do is refused', async () => {
    const refused = async (args: readonly string[]): Promise<string> => {
      const { code, stderr } = await run(hubs.safetensors, ['convert', ...args, '--remote']);
      expect(code, stderr).toBe(2);
      return stderr;
    };
    expect(await refused(['safetensors', 'x.gguf'])).toMatch(/--remote: safetensors is no model of the hub/);
    expect(await refused(['hf:org/model', 'x.gguf', '--gate', 'kld<=1'])).toMatch(/--gate 'kld<=1' needs the source's logits/);
    expect((await run(hubs.safetensors, ['convert', 'hf:org/model', 'x.gguf', '--remote', '--offline'])).code).toBe(4);
  });

  test('without --remote the model is downloaded first, and what is in the cache is read there', async () => {
    const hub = hubs.safetensors;
    const output = newOutput('.gguf');
    // A part of it in the cache is not the model.
    expect((await run(hub, ['pull', 'hf:org/model', '--include', 'config.json'])).code).toBe(0);
    expect((await run(hub, ['convert', 'hf:org/model', output, '--verify', 'none', '--offline'])).code).toBe(4);
    expect((await run(hub, ['convert', 'hf:org/model', output, '--verify', 'none'])).code).toBe(0);
    hub.requests.length = 0;
    const again = newOutput('.gguf');
    const body = bodyOf(await convert(hub, again, ['--json', '--gate', 'logit-nmse<=1e-6']));
    expect(hub.requests).toEqual([]);
    expect(body['received_bytes']).toBe(0);
    expect(digests(at(again))).toEqual(digests(at(output)));
  });
});

describe('lies', () => {
  test.each<[string, HubServer['behaviour'], number, RegExp]>([
    ['other bytes in a small file', { flip: true }, 5, /its git-sha1 is [0-9a-f]+, the listing says/],
    ['another range', { wrongRange: true }, 5, /were asked for, the server answers 206/],
    ['more bytes', { longer: true }, 5, /the server sends \d+ bytes, the listing says \d+/],
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
    expect(stderr).toMatch(/model\.safetensors: bytes 0 to 65536 of \d+ were asked for, the server answers 206/);
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
