// `llmx inspect` on fixtures, on headers without weights, and on files that are damaged on purpose.
import { copyFileSync, mkdirSync, openSync, closeSync, ftruncateSync, writeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { GgufValue } from '../../src/core/checkpoints/gguf-value.js';
import { ggufHeader } from '../../src/core/checkpoints/gguf-writer.js';
import type { TensorPlan } from '../../src/core/checkpoints/planned-file.js';
import { plannedBytes } from '../../src/core/checkpoints/write-file.js';
import type { InspectReport } from '../../src/core/jobs/inspect.js';
import { entry, ggufBytes, pair, text, type } from '../support/hostile-bytes.js';
import { freshFolder, hasTerminal, withoutTerminal, llmx, onTerminal, storyteller } from '../support/llmx.js';

const families = fileURLToPath(new URL('../../fixtures/families', import.meta.url));

async function report(...args: readonly string[]): Promise<InspectReport> {
  const { code, stdout, stderr } = await llmx(['inspect', ...args, '--json', '-q']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as InspectReport;
}

describe('inspect the storyteller', () => {
  test('the overview as JSON', async () => {
    const body = await report(storyteller);
    expect(body).toMatchObject({
      ok: true,
      schema: 'llmx.inspect/1',
      architecture: 'llama',
      supported: true,
      reasons: [],
      parameters: 4196608,
      tensor_count: 38,
      context_length: 512,
      vocabulary: 4096,
      layers: 4,
      width: 256,
      heads: 8,
      has_chat_template: false,
      bos: 0,
      eos: [1],
      tokenizer: { kind: 'byte-bpe', vocabulary: 4096 },
      hyperparameters: { key_value_heads: 4, head_width: 32, hidden_width: 768 },
    });
    // Four layers of seven matrices and the embedding; two norms a layer and the last.
    expect(body.dtypes).toMatchObject([
      { dtype: 'Q8_0', tensors: 29, parameters: 4194304, bytes: (4194304 * 34) / 32, bits_per_weight: 8.5 },
      { dtype: 'F32', tensors: 9, parameters: 2304, bytes: 9216, bits_per_weight: 32 },
    ]);
    expect(body.bytes).toBe(readFileSync(storyteller).length);
    expect(body.tensors).toBeUndefined();
  });

  test('memory for a context: keys and values of 4 layers, 4 heads of 32, 2 bytes', async () => {
    const { memory } = await report('-c', '256');
    expect(memory).toMatchObject({ context: 256, context_from: 'asked', cache: { keys: 256 * 4 * 4 * 32 * 2, values: 256 * 4 * 4 * 32 * 2 } });
    const { mapped_bytes: mapped, packed_bytes: packed, cache_bytes: cache, arena_bytes: arena, constants_bytes: constants } = memory!;
    expect(memory!.total_bytes).toBe(mapped + packed + cache + arena + constants);
    expect((await report('-c', '256', '-ctk', 'f32')).memory!.cache_bytes).toBe(2 * cache);
    expect((await report()).memory).toMatchObject({ context: 512, context_from: 'model' });
    expect((await llmx(['inspect', '-c', '513'])).code).toBe(2);
  });

  test('parts are printed alone', async () => {
    expect((await llmx(['inspect', '--metadata', 'general.architecture', '-q'])).stdout).toBe('llama\n');
    const { stdout } = await llmx(['inspect', '--tensors', 'attn_(k|v)', '-q']);
    expect(stdout.trimEnd().split('\n').length).toBe(8);
    expect((await report('--tensors', 'attn_k')).tensors!.map(({ dtype, shape }) => [dtype, ...shape])).toEqual(Array(4).fill(['Q8_0', 128, 256]));
    expect((await report('--tensors')).tensors!.length).toBe(38);
    expect((await report('--metadata')).metadata).toMatchObject({ 'llama.block_count': 4 });
    expect((await report('--chat-template')).chat_template).toBeNull();
    expect((await llmx(['inspect', '--metadata', 'no.such'])).code).toBe(4);
    expect((await llmx(['inspect', '--tensors', '('])).code).toBe(2);
  });

  test('--check finds nothing wrong, --hash is the digest of the file', async () => {
    const { check, files } = await report('--check', '--hash');
    expect(check).toEqual({ complete: true, tensors: 38, values: 4196608, unreadable: 0, problems: [] });
    expect(files[0]!.sha256).toBe(createHash('sha256').update(readFileSync(storyteller)).digest('hex'));
  });

  test('--diff is 0 for the same and 3 for another', async () => {
    expect((await llmx(['inspect', storyteller, '--diff', 'builtin:storyteller', '-q'])).code).toBe(0);
    const { code, stdout } = await llmx(['inspect', storyteller, '--diff', join(families, 'llama', 'model.gguf'), '--json', '-q']);
    const { diff } = JSON.parse(stdout) as InspectReport;
    expect(code).toBe(3);
    expect(diff!.differences).toContainEqual({ kind: 'config', name: 'llama.block_count', left: 4, right: 3 });
    expect(diff!.differences).toContainEqual({ kind: 'tensor', name: 'blk.3.attn_norm.weight', left: { shape: [256], dtype: 'F32' }, right: null });
  });
});

test.each(['gpt2', 'llama', 'llama-sharded', 'llama-tied', 'llama3', 'mamba', 'mixtral', 'qwen3'])('%s as a folder: runs here', async (name) => {
  const { parameters, supported, dtypes, memory, vocabulary } = await report(join(families, name));
  const { vocab_size: expected } = JSON.parse(readFileSync(join(families, name, 'config.json'), 'utf8')) as { readonly vocab_size: number };
  expect({ supported, vocabulary }).toEqual({ supported: true, vocabulary: expected });
  expect(parameters).toBe(dtypes.reduce((sum, use) => sum + use.parameters, 0));
  expect(memory!.total_bytes).toBeGreaterThan(0);
});

test('config.json of an architecture that llmx does not know: the header, the reason, status 0', async () => {
  const folder = freshFolder();
  const config = { ...(JSON.parse(readFileSync(join(families, 'llama', 'config.json'), 'utf8')) as object), model_type: 'unheard' };
  mkdirSync(join(folder, 'm'));
  writeFileSync(join(folder, 'm', 'config.json'), JSON.stringify(config));
  copyFileSync(join(families, 'llama', 'model.safetensors'), join(folder, 'm', 'model.safetensors'));
  const body = await report(join(folder, 'm'));
  expect(body).toMatchObject({
    architecture: 'unheard',
    family: null,
    supported: false,
    memory: null,
    layers: 3,
    width: 64,
    heads: 4,
    context_length: 64,
  });
  expect(body.reasons.join()).toContain('unheard');
  const { code, stdout } = await llmx(['inspect', join(folder, 'm'), '-q']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/architecture +unheard \(does not run here\)/);
});

test('how positions are stretched', async () => {
  const body = await report(join(families, 'qwen3-yarn'));
  expect(body).toMatchObject({ rope: { base: 10000, scaling: 'yarn', factor: 4, original_context_length: 64, attention_factor: 1.25 } });
  expect((await report(join(families, 'gpt2'))).rope).toBeNull();
  const { stdout } = await llmx(['inspect', join(families, 'qwen3-yarn'), '-q']);
  expect(stdout).toMatch(/context +256 tokens, positions stretched 4 times by yarn from 64 tokens/);
  expect((await llmx(['inspect', join(families, 'llama'), '-q'])).stdout).toMatch(/context +64 tokens$/m);
});

/** A llama of the given size as a GGUF header and no data: the file is as long as it should be, and empty. */
function sparseModel(path: string, layers: number): { readonly bytes: number; readonly parameters: number } {
  const [width, hidden, heads, groups, vocabulary] = [4096, 14336, 32, 8, 32000];
  const matrix = (name: string, ...shape: number[]): TensorPlan => ({ name, shape, format: 'q8-0' });
  const vector = (name: string): TensorPlan => ({ name, shape: [width], format: 'f32' });
  const tensors = [
    matrix('token_embd.weight', vocabulary, width),
    vector('output_norm.weight'),
    matrix('output.weight', vocabulary, width),
    ...Array.from({ length: layers }, (_, layer) => `blk.${layer}`).flatMap((block) => [
      vector(`${block}.attn_norm.weight`),
      vector(`${block}.ffn_norm.weight`),
      matrix(`${block}.attn_q.weight`, width, width),
      matrix(`${block}.attn_k.weight`, (width * groups) / heads, width),
      matrix(`${block}.attn_v.weight`, (width * groups) / heads, width),
      matrix(`${block}.attn_output.weight`, width, width),
      matrix(`${block}.ffn_gate.weight`, hidden, width),
      matrix(`${block}.ffn_up.weight`, hidden, width),
      matrix(`${block}.ffn_down.weight`, width, hidden),
    ]),
  ];
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['llama.context_length', u32(8192)],
    ['llama.embedding_length', u32(width)],
    ['llama.block_count', u32(layers)],
    ['llama.feed_forward_length', u32(hidden)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(groups)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-5 }],
    ['llama.vocab_size', u32(vocabulary)],
  ]);
  const header = ggufHeader({ metadata, tensors });
  const bytes = header.length + tensors.reduce((sum, plan) => sum + Math.ceil(plannedBytes(plan) / 32) * 32, 0);
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, bytes);
  closeSync(file);
  return { bytes, parameters: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0) };
}

test.skipIf(process.platform === 'win32')(
  '8 GB without a single weight: headers are all that is read (skipped on Windows: no sparse files by default)',
  async () => {
    const path = join(freshFolder(), 'large.gguf');
    const { bytes, parameters } = sparseModel(path, 34);
    expect(bytes).toBeGreaterThan(8e9);
    const body = await report(path);
    const opened = await opening(path);
    rmSync(path);
    expect(body).toMatchObject({ parameters, bytes, supported: true, context_length: 8192, memory: { context: 4096, context_from: 'usual' } });
    // Opening is promised in 200 ms and 150 MB; this is the whole process, which Node alone takes 60 ms and 50 MB of. Other tests may hold
    // both cores: then Node takes longer too.
    expect(opened.milliseconds).toBeLessThan(Math.max(500, 7 * nodeAlone()));
    expect(opened.megabytes).toBeLessThan(150);
  },
);

interface Usage {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** The quickest of three whole processes. */
/** Milliseconds of a Node that does nothing. */
function nodeAlone(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

async function opening(path: string): Promise<Usage> {
  const preload = new URL('../support/report-usage.mjs', import.meta.url).href;
  const usages: Usage[] = [];
  for (let time = 0; time < 3; time++) {
    const { code, stderr } = await llmx(['inspect', path, '--json', '-q'], { environment: { NODE_OPTIONS: `--import ${preload}` } });
    expect(code).toBe(0);
    usages.push(JSON.parse(stderr) as Usage);
  }
  return usages.reduce((best, each) => (each.milliseconds < best.milliseconds ? each : best));
}

test('--check names a tensor with a NaN and exits 4', async () => {
  const folder = freshFolder();
  for (const name of ['config.json', 'model.safetensors']) copyFileSync(join(families, 'llama', name), join(folder, name));
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  bytes.writeFloatLE(NaN, begin + 8);
  bytes.writeFloatLE(-Infinity, begin + 12);
  writeFileSync(path, bytes);
  const { code, stdout } = await llmx(['inspect', folder, '--check', '--json', '-q']);
  const { check } = JSON.parse(stdout) as InspectReport;
  expect(code).toBe(4);
  expect(check!.problems).toMatchObject([{ problem: 'not-finite', nan: 1, infinite: 1 }]);
  expect(check!.problems[0]!.message).toContain('index 2');
});

test('a file that is cut short is status 4', async () => {
  const path = join(freshFolder(), 'short.gguf');
  writeFileSync(path, readFileSync(join(families, 'llama', 'model.gguf')).subarray(0, -1000));
  expect(await llmx(['inspect', path])).toMatchObject({ code: 4, stdout: '' });
});

describe('a file whose names are escape sequences', () => {
  const evil = '\u001b[2Jx\u009b31m\u202e';
  const path = join(freshFolder(), 'evil.gguf');
  writeFileSync(
    path,
    ggufBytes({
      pairs: [pair('general.architecture', type.string, text(evil)), pair('general.name', type.string, text(evil))],
      entries: [entry(`a${evil}\nb`, [32], 0, 0)],
      data: Buffer.alloc(128),
    }),
  );

  test.skipIf(!hasTerminal)(`shows them escaped on a terminal${withoutTerminal}`, async () => {
    for (const args of [
      ['inspect', path],
      ['inspect', path, '--tensors', '--metadata'],
      ['bench', '-m', path],
      ['inspect', path, '--check', '--json'],
    ]) {
      const { screen } = await onTerminal(args, 200);
      expect(screen).toContain('u001b[2Jx');
      expect(screen.replaceAll(/\u001b\[(?:\d+m|\?\d+[hl])/g, '')).not.toMatch(/[\u001b\u0080-\u009f\u202e]/);
    }
  });

  test('and as they are in a pipe, where they are data', async () => {
    expect((await llmx(['inspect', path, '--metadata', 'general.name', '-q'])).stdout).toBe(`${evil}\n`);
    expect((await llmx(['inspect', path, '--tensors', '-q'])).stdout.trimEnd().split('\n').length).toBe(1);
  });
});
