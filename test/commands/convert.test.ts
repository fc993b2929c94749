// llmx convert as a user meets it: outputs, exit statuses, kills, full disks.
import { existsSync, mkdirSync, chmodSync, cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { familyFolder } from '../support/convert.js';
import { freshFolder, llmx, shell, storyteller } from '../support/llmx.js';

const folder = freshFolder();
const at = (name: string): string => join(folder, name);
const llama = familyFolder('llama');
const run = (...args: string[]) => llmx(['convert', ...args], { folder });
const bodyOf = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>;

describe('outputs', () => {
  test('two of them from one read, with their verification and lineage', async () => {
    const { code, stdout, stderr } = await run(llama, '-o', 'two.gguf', '-o', 'two/', '--outtype', 'f16', '--json', '-q');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const body = bodyOf(stdout);
    expect(body).toMatchObject({ ok: true, schema: 'llmx.convert/1', dry_run: false, gates: [{ pass: true }, { pass: true }] });
    expect(Object.keys(body['verify'] as object)).toEqual(['tensor-mismatches', 'tensor-nmse', 'logit-nmse', 'top1', 'kld']);
    expect(readdirSync(at('two')).sort()).toEqual(['config.json', 'lineage.json', 'model.safetensors']);
    const lineage = JSON.parse(readFileSync(at('two.gguf.lineage.json'), 'utf8')) as {
      inputs: { sha256: string }[];
      output: { files: { sha256: string }[] };
    };
    expect(lineage.inputs[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    const digest = await shell('sha256sum two.gguf', { folder });
    expect(digest.stdout.slice(0, 64)).toBe(lineage.output.files[0]!.sha256);
  });

  test('the same command gives the same bytes, lineage included', async () => {
    await run(llama, 'again.gguf', '-q');
    const before = [readFileSync(at('again.gguf')), readFileSync(at('again.gguf.lineage.json'))];
    expect((await run(llama, 'again.gguf', '-q', '--force')).code).toBe(0);
    expect([readFileSync(at('again.gguf')), readFileSync(at('again.gguf.lineage.json'))]).toEqual(before);
  });

  test('--dry-run prints the plan and writes nothing', async () => {
    const { code, stdout } = await run('builtin:storyteller', 'plan-{ftype}.gguf', '--outtype', 'q4_0', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plan-q4_0\.gguf \(gguf, .*MB\)/);
    expect(stdout).toMatch(/blk\.0\.ffn_up\.weight +Q8_0 -> Q4_0/);
    expect(stdout).toMatch(/disk .* of .* free/);
    expect(existsSync(at('plan-q4_0.gguf'))).toBe(false);
  });

  test('split files are one model', async () => {
    expect((await run(llama, 'split.gguf', '--split-max-size', '60k', '-q')).code).toBe(0);
    const parts = readdirSync(folder).filter((name) => /^split-0000\d-of-0000\d\.gguf$/.test(name));
    expect(parts.length).toBeGreaterThan(2);
    await run(llama, 'unsplit.gguf', '-q');
    const { stdout } = await llmx(['inspect', parts.sort()[0]!, '--diff', 'unsplit.gguf'], { folder });
    expect(stdout).toMatch(/split\.count/);
    expect(stdout).not.toMatch(/^tensor/m);
    expect((await run(llama, '--to', 'safetensors', '-o', 'shards', '--split-max-size', '60k', '-q')).code).toBe(0);
    expect(existsSync(at('shards/model.safetensors.index.json'))).toBe(true);
    expect((await llmx(['inspect', 'shards', '--diff', llama], { folder })).code).toBe(0);
  });

  test('a part of a model: --include, --exclude, --vocab-only', async () => {
    const tensors = async (...args: string[]): Promise<unknown> =>
      bodyOf((await run(llama, 'part.gguf', '--dry-run', '--json', ...args)).stdout)['tensors'];
    expect(await tensors('--include', 'attention-query')).toBe(3);
    expect(await tensors('--exclude', 'layer\\.')).toBe(3);
    expect(await tensors('--vocab-only')).toBe(0);
  });
});

describe('refusals', () => {
  test.each([
    [['missing', 'x.gguf'], 4, /missing: no such file/],
    [[llama], 2, /no output/],
    [[llama, 'x.gguf', '--outtype', 'q9'], 2, /no number format q9/],
    [[llama, 'x.gguf', '--to', 'ggug'], 2, /Did you mean gguf/],
    [[llama, 'no/such/x.gguf'], 4, /no folder no\/such/],
    [[llama, 'x.gguf', '--gate', 'speed<=1'], 2, /no metric speed/],
    [[llama, 'x.gguf', '--gate', 'kld<=1', '--verify', 'none'], 2, /needs what --verify measures/],
    [[llama, 'x.bin'], 4, /llama2c/],
    [[llama, 'x.gguf', '-o', 'x.gguf'], 2, /two outputs with one name/],
    [[llama, 'x.gguf', '--metadata', 'nowhere.json'], 4, /nowhere\.json/],
    [[llama, 'x.gguf', '--metadata', '/dev/zero'], 4, /\/dev\/zero: more than the 67108864 bytes/],
    [[llama, 'x.gguf', '--to', 'pytorch'], 2, /x\.gguf is the name of a gguf file, and --to says pytorch/],
  ] as const)('%j', async (args, exit, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(exit);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(readdirSync(folder).filter((name) => name.startsWith('x.'))).toEqual([]);
  });

  test('what exists is not overwritten without --force', async () => {
    writeFileSync(at('mine.gguf'), 'mine');
    const { code, stderr } = await run(llama, 'mine.gguf');
    expect(code).toBe(2);
    expect(stderr).toMatch(/mine\.gguf exists\n.*--force/);
    expect(readFileSync(at('mine.gguf'), 'utf8')).toBe('mine');
    mkdirSync(at('full'));
    writeFileSync(at('full/model-00001-of-00002.safetensors'), 'old');
    expect((await run(llama, 'full/')).code).toBe(2);
    expect((await run(llama, 'full/', '--force')).stderr).toMatch(/would lie beside the new weights/);
  });

  test('a missed gate exits 3 and keeps the file', async () => {
    const { code, stderr } = await run(llama, 'gated.gguf', '--outtype', 'q8_0', '--gate', 'logit-nmse<=1e-12');
    expect(code).toBe(3);
    expect(stderr).toMatch(/logit-nmse/);
    expect(existsSync(at('gated.gguf'))).toBe(true);
  });

  test('a vanished shard exits 4 and names it', async () => {
    cpSync(familyFolder('llama-sharded'), at('sharded'), { recursive: true });
    const [shard] = readdirSync(at('sharded')).filter((name) => /-of-/.test(name));
    rmSync(join(at('sharded'), shard!));
    const { code, stderr } = await run('sharded', 'vanished.gguf');
    expect(code).toBe(4);
    expect(stderr).toContain(shard);
    expect(existsSync(at('vanished.gguf'))).toBe(false);
  });
});

describe('disks', () => {
  // A limit on the size of files fails as a full disk does: in the middle of a write.
  test('a disk that fills up exits 5, names nothing, and --resume goes on', async () => {
    const { code, stderr } = await shell('ulimit -f 2000; llmx convert builtin:storyteller full.gguf --outtype f16 --verify none', { folder });
    expect(code).toBe(5);
    expect(stderr).toMatch(/full\.gguf/);
    expect(stderr).toMatch(/--resume goes on/);
    expect(existsSync(at('full.gguf'))).toBe(false);
    expect((await run('builtin:storyteller', 'full.gguf', '--outtype', 'f16', '--resume', '-q')).code).toBe(0);
    expect(existsSync(at('full.gguf.partial'))).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written exits 5 (skipped for root, who may)', async () => {
    mkdirSync(at('locked'));
    chmodSync(at('locked'), 0o555);
    const { code, stderr } = await run(llama, 'locked/x.gguf');
    expect(code).toBe(5);
    expect(stderr).toMatch(/permission|EACCES/);
  });
});

describe('kills', () => {
  let golden: Buffer;
  beforeAll(async () => {
    await run(storyteller, 'whole.gguf', '--outtype', 'f32', '--verify', 'none', '-q');
    golden = readFileSync(at('whole.gguf'));
  });

  // The unfinished file is looked at until it has so much; a process that is faster than that has made its file.
  test.each([0, 0.05, 0.2, 0.4, 0.6, 0.9])('kill -9 at %d of the file, then --resume', async (share) => {
    const name = `killed-${share}.gguf`;
    const unfinished = join(at(`${name}.partial`), 'files', name);
    const bytesThere = (): number => statSync(unfinished, { throwIfNoEntry: false })?.size ?? -1;
    await llmx(['convert', storyteller, name, '--outtype', 'f32', '--verify', 'none', '-q'], {
      folder,
      started(child) {
        const looking = setInterval(() => bytesThere() >= share * golden.length && child.kill('SIGKILL'), 1);
        child.on('exit', () => clearInterval(looking));
      },
    });
    const isDone = existsSync(at(name));
    if (!isDone) expect((await run(storyteller, name, '--outtype', 'f32', '--verify', 'none', '-q', '--resume')).code).toBe(0);
    expect(readFileSync(at(name)).equals(golden)).toBe(true);
    // A kill between the last two steps leaves an empty folder of that name.
    if (!isDone) expect(existsSync(at(`${name}.partial`))).toBe(false);
  });

  test('SIGINT exits 130 and says what is kept', async () => {
    const { code, stdout, stderr } = await llmx(['convert', storyteller, 'stopped.gguf', '--outtype', 'q4_k', '--jsonl'], {
      folder,
      started: (child) => child.stdout!.on('data', (text: string) => text.includes('"type":"progress"') && child.kill('SIGINT')),
    });
    expect({ code, isThere: existsSync(at('stopped.gguf')) }, stdout + stderr).toEqual({ code: 130, isThere: false });
    expect(stdout).toMatch(/what is done is kept in stopped\.gguf\.partial/);
  });
});
