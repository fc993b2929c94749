// --device webgpu as a user without a GPU sees it: on the software device where one is named, a clear error elsewhere.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { candidatesOf } from '../../src/core/backends/devices.js';
import { dataFolder, hasData, withoutData } from '../support/data.js';
import { llmx } from '../support/llmx.js';
import { prepareSoftGpu, softGpuEnvironment, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

const folder = join(import.meta.dirname, '../../fixtures/storyteller/f16');
const soft = `webgpu:${softGpuName.toLowerCase()}`;

test('an adapter that is not there exits 4 and says what was looked for', async () => {
  const { code, stdout, stderr } = await llmx(['run', '--device', 'webgpu:no such adapter', 'Once']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(/^error: webgpu: no adapter with "no such adapter" in its name was found \(.+\)$/m);
  expect(stderr).toMatch(/^hint: .*llmx doctor/m);
});

test('only webgpu takes an adapter', async () => {
  const { code, stderr } = await llmx(['run', '--device', 'cpu:0', 'Once']);
  expect(code).toBe(2);
  expect(stderr).toContain("--device takes one of auto, cpu, webgpu, reference, not 'cpu:0'");
});

describe.skipIf(softGpuProblem !== undefined)(`on SwiftShader${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`, () => {
  const run = async (args: readonly string[]) => llmx(args, { environment: await softGpuEnvironment() });

  test('a software adapter is never taken unasked', async () => {
    const { code, stderr } = await run(['run', '--device', 'webgpu', 'Once']);
    expect(code).toBe(4);
    expect(stderr).toContain('software that runs only when it is named');
    await prepareSoftGpu();
    expect((await candidatesOf('auto', 2 ** 40)).map(({ backend }) => backend.name)).not.toContain('webgpu');
  });

  const models = [
    { name: 'the storyteller in F16', reference: folder, skipped: false },
    { name: `stories260K${withoutData}`, reference: join(dataFolder, 'models/stories260K.bin'), skipped: !hasData },
  ];
  for (const { name, reference, skipped } of models) {
    test.skipIf(skipped)(
      `${name}: the same greedy text as on the CPU, and the same of one seed`,
      async () => {
        const words = ['run', '-q', '--json', '-m', reference, '-n', '48', 'Once upon a time'];
        for (const settings of [
          ['--temp', '0'],
          ['--seed', '7'],
        ]) {
          const [gpu, cpu] = [await run([...words, ...settings, '--device', soft]), await run([...words, ...settings, '--device', 'cpu'])];
          const [there, here] = [JSON.parse(gpu.stdout), JSON.parse(cpu.stdout)] as [{ text: string; device: string }, { text: string }];
          expect(there.text).toBe(here.text);
          expect(there.device).toContain(`webgpu (${softGpuName}`);
        }
      },
      120_000,
    );
  }

  test('the last layers there and the others on the processor: the same text', async () => {
    const words = ['run', '-q', '--json', '-m', folder, '-n', '12', '--temp', '0', 'Once upon a time'];
    const [part, cpu] = [await run([...words, '--device', soft, '-ngl', '3']), await run([...words, '--device', soft, '-ngl', '0'])];
    const [split, whole] = [JSON.parse(part.stdout), JSON.parse(cpu.stdout)] as [{ text: string; device: string }, { text: string; device: string }];
    expect(split.text).toBe(whole.text);
    expect(split.device).toContain(`webgpu (${softGpuName}`);
    expect(split.device).toContain(') for the last 3 of 4 layers, ');
    expect(whole.device).not.toMatch(/webgpu/);
  }, 60_000);

  test('penalties and log-probabilities, which need every logit', async () => {
    const words = ['run', '-q', '--json', '-m', folder, '-n', '12', '--temp', '0', '--repeat-penalty', '1.3', '--logprobs', '2', 'Once'];
    const [gpu, cpu] = [await run([...words, '--device', soft]), await run([...words, '--device', 'cpu'])];
    expect((JSON.parse(gpu.stdout) as { text: string }).text).toBe((JSON.parse(cpu.stdout) as { text: string }).text);
  }, 60_000);

  test('bench reports dispatches, ceilings and times of ops', async () => {
    const { code, stdout } = await run(['bench', '-q', '--device', soft, '-p', '8', '-n', '2', '-r', '1', '--ops', '-o', 'json']);
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as {
      backends: string;
      gpu_info: string;
      compute_kind: string;
      n_gen: number;
      dispatches: number;
      dispatches_per_layer: number;
      read_ceiling: number;
      compute_ceiling: number;
      ops: { op: string; time_ns: number }[];
    }[];
    expect(rows).toHaveLength(2);
    for (const { backends, gpu_info: adapter, compute_kind: kind, dispatches, read_ceiling: read, compute_ceiling: compute, ops } of rows) {
      expect(backends).toBe('webgpu');
      expect(adapter).toContain(softGpuName);
      expect(kind).toBe('f32 multiply-add');
      expect(dispatches).toBeGreaterThan(10);
      expect(read).toBeGreaterThan(1e8);
      expect(compute).toBeGreaterThan(1e8);
      expect(ops.find(({ op }) => op === 'attention')!.time_ns).toBeGreaterThan(0);
    }
    expect(rows.find(({ n_gen: made }) => made > 0)!.dispatches_per_layer).toBeGreaterThan(0);
  }, 120_000);

  test('doctor names the adapter and runs every op on it', async () => {
    const { code, stdout } = await run(['doctor', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; status: string; detail: string }[] };
    const found = checks.filter(({ id }) => id === 'webgpu').map(({ detail }) => detail);
    expect(code).toBe(0);
    expect(found.some((detail) => detail.includes(softGpuName) && detail.includes('software, runs only as --device'))).toBe(true);
    expect(found.some((detail) => /: (\d+) of \1 ops agree with the reference$/.test(detail))).toBe(true);
  }, 60_000);
});
