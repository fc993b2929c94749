// What bench/gpu-pack.ts packs is what bench/gpu.sh needs: it starts from a folder of its own in an empty environment, and its table tells all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stage } from '../../../bench/gpu-pack.js';
import type { Entry, TestRow } from '../../../bench/gpu/records.js';
import { report, statusOf } from '../../../bench/gpu/table.js';
import { softGpuProblem } from '../../support/soft-gpu.js';

const script = join(import.meta.dirname, '../../../bench/gpu.sh');

const row = (more: Partial<TestRow>): TestRow => ({ kind: 'row', part: '1b', model: '1b-Q4_K', test: 'tg64', ...more });
const measured = {
  test: 'tg64',
  n_prompt: 0,
  n_gen: 64,
  avg_ts: 600,
  read_ceiling: 2e12,
  read_share: 0.42,
  compute_ceiling: 5e13,
  compute_share: 0.031,
  dispatches: 131,
  dispatches_per_layer: 8,
} as NonNullable<TestRow['llmx']>;

test('the table holds both engines, and on the last line everything as JSON', () => {
  const prompt = { ...measured, test: 'pp512', n_prompt: 512, n_gen: 0, avg_ts: 9000, compute_share: 0.44 };
  const records: Entry[] = [
    row({ test: 'pp512', llmx: prompt, peerProblem: 'no device' }),
    row({ llmx: measured, peer: { engine: 'llama.cpp v0', settings: 'all layers', rates: [300, 500] } }),
    row({ model: '8b-F16', problem: 'skipped', status: 1 }),
  ];
  const lines = report(records).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'model    test   tokens/s  of memory  of arithmetic  TFLOP/s  a token  a layer  llama.cpp  ratio',
    '1b-Q4_K  pp512    9000.0     42.0 %         44.0 %    22.00        -        -          -      -  llama.cpp: no device',
    '1b-Q4_K  tg64      600.0     42.0 %          3.1 %        -      131        8      400.0   1.50',
    '8b-F16   tg64          -          -              -        -        -        -          -      -  skipped',
  ]);
  expect(JSON.parse(lines.at(-1)!)).toEqual({ machine: [], rows: records });
});

test('the exit status tells a missing adapter from other failures', () => {
  expect(statusOf([row({ llmx: measured })])).toBe(0);
  expect(statusOf([row({ problem: 'stopped', status: 1 })])).toBe(1);
  expect(statusOf([row({ problem: 'no adapter', status: 4 })])).toBe(4);
});

describe.skipIf(softGpuProblem !== undefined)(`unpacked${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmx-gpu-test-'));
  beforeAll(async () => {
    await stage(join(folder, 'llmx-gpu'));
    mkdirSync(join(folder, 'home'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('every file that the script names is there, and the script parses', () => {
    expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' }).stderr).toBe('');
    const named = [...readFileSync(script, 'utf8').matchAll(/\$here\/((?:bench|llmx|node)[\w./-]*)/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => !existsSync(join(folder, 'llmx-gpu', path)))).toEqual([]);
  });

  test('without an adapter: rows that say why, and exit status 4', () => {
    const environment = { HOME: join(folder, 'home'), TMPDIR: folder, LLMX_GPU_DEVICE: 'webgpu:no such adapter' };
    const { stdout, status } = spawnSync(join(folder, 'llmx-gpu/gpu.sh'), ['1b'], { encoding: 'utf8', env: environment });
    const { rows } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { rows: TestRow[] };
    expect(status).toBe(4);
    expect(rows.map(({ model, test: name }) => `${model} ${name}`)).toContain('1b-Q4_K pp2048');
    expect(rows.filter(({ problem }) => !/^webgpu: no adapter with "no such adapter"/.test(problem ?? ''))).toEqual([]);
  });
});
