// `llmx bench` from the outside: its formats parse, its numbers hang together, its gates decide the status.
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BenchReport } from '../../src/core/jobs/bench.js';
import type { BenchRow } from '../../src/core/jobs/bench-rows.js';
import { freshFolder, llmx } from '../support/llmx.js';

/** A short run; what `args` give takes the place of its default, because lists grow by repetition. */
function short(...args: readonly string[]): readonly string[] {
  const usual = { '-p': '8', '-n': '2', '-r': '2', '--seed': '1', '-t': '1' };
  return ['bench', ...Object.entries(usual).flatMap(([flag, value]) => (args.includes(flag) ? [] : [flag, value])), '-q', ...args];
}

/** The fields of llama-bench that mean something here. */
const llamaBenchFields =
  'build_commit cpu_info backends model_filename model_type model_size model_n_params n_batch n_ubatch n_threads type_k type_v n_prompt n_gen n_depth test_time avg_ns stddev_ns avg_ts stddev_ts samples_ns samples_ts'.split(
    ' ',
  );

async function rows(...args: readonly string[]): Promise<readonly BenchRow[]> {
  const { code, stdout } = await llmx(short(...args, '-o', 'json'));
  expect(code).toBe(0);
  return JSON.parse(stdout) as BenchRow[];
}

describe('bench', () => {
  test('json has the fields of llama-bench and ours', async () => {
    const [prompt, generation, ...rest] = await rows();
    expect(rest).toEqual([]);
    expect(Object.keys(prompt!)).toEqual(
      expect.arrayContaining([...llamaBenchFields, 'read_ceiling', 'read_share', 'compute_ceiling', 'compute_share']),
    );
    expect(prompt).toMatchObject({ n_prompt: 8, n_gen: 0, n_depth: 0, test: 'pp8', n_threads: 1, type_k: 'f16', model_n_params: 4196608 });
    expect(prompt!.model_size).toBe((4194304 * 34) / 32 + 9216);
    expect(generation).toMatchObject({ n_prompt: 0, n_gen: 2, test: 'tg2' });
    for (const { samples_ns: times, samples_ts: rates, avg_ts: average, n_prompt, n_gen } of [prompt!, generation!]) {
      expect(times.length).toBe(2);
      rates.forEach((rate, index) => expect(rate).toBeCloseTo(((n_prompt + n_gen) * 1e9) / times[index]!, 6));
      expect(average).toBeCloseTo((rates[0]! + rates[1]!) / 2, 6);
    }
  });

  test('lists, ranges and depths are all combined; depth leaves the rate of the rest alone', async () => {
    const found = await rows('-p', '4,8', '-n', '0', '-d', '0,40', '-b', '4-8*2', '-r', '1');
    expect(found.map(({ test: name, n_ubatch: batch }) => `${name} b${batch}`)).toEqual([
      ...['pp4 b4', 'pp8 b4', 'pp4 @ d40 b4', 'pp8 @ d40 b4'],
      ...['pp4 b8', 'pp8 b8', 'pp4 @ d40 b8', 'pp8 @ d40 b8'],
    ]);
    expect(new Set(found.map(({ stddev_ts: spread }) => spread))).toEqual(new Set([0]));
  });

  test('md, csv and jsonl are data alone', async () => {
    const run = async (format: string): Promise<string[]> => (await llmx(short('-r', '1', '-o', format))).stdout.trimEnd().split('\n');
    const lines = await run('jsonl');
    expect(lines.map((line) => (JSON.parse(line) as BenchRow).test)).toEqual(['pp8', 'tg2']);
    const [header, ...values] = await run('csv');
    expect(values.length).toBe(2);
    for (const line of values) expect(line.split('","').length).toBe(header!.split(',').length);
    const [titles, rule, ...cells] = await run('md');
    expect(titles).toMatch(/^\| model .*\| +t\/s \|/);
    expect(rule).toMatch(/^[|: -]+$/);
    expect(cells.slice(0, 2).every((line) => line.split('|').length === titles!.split('|').length)).toBe(true);
  });

  test('--ops shares add up to one, and linear does twice the parameters', async () => {
    const { code, stdout } = await llmx(short('-p', '0', '-n', '4', '--ops', '--json'));
    const { rows: found, schema, complete } = JSON.parse(stdout) as BenchReport & { readonly schema: string };
    expect({ code, schema, complete }).toEqual({ code: 0, schema: 'llmx.bench/1', complete: true });
    const { ops } = found[0]!;
    expect(ops!.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    // Four tokens; all matrices, the embedding as the output among them.
    expect(ops!.find(({ op }) => op === 'linear')).toMatchObject({ instructions: 29, operations: 4 * 2 * 4194304 });
  });

  test('--compare and gates: 0 when it holds, 3 when it is missed', async () => {
    const folder = freshFolder();
    const [prompt, generation] = await rows('-r', '1');
    const base = join(folder, 'base.json');
    const against = async (factor: number, gate: string): Promise<{ code: number | null; body: BenchReport }> => {
      writeFileSync(base, JSON.stringify([prompt!, generation!].map((row) => ({ ...row, avg_ts: row.avg_ts * factor }))));
      const { code, stdout } = await llmx(short('-r', '1', '--json', '--compare', base, '--gate', gate));
      return { code, body: JSON.parse(stdout) as BenchReport };
    };
    const slower = await against(1000, 'regress<=10%');
    expect(slower.code).toBe(3);
    expect(slower.body.gates).toMatchObject([{ name: 'regress', pass: false }]);
    expect(slower.body.compare!.every(({ regress }) => regress > 0.9)).toBe(true);
    const faster = await against(0.001, 'regress<=10%');
    expect({ code: faster.code, gates: faster.body.gates.map(({ pass }) => pass) }).toEqual({ code: 0, gates: [true] });
    expect((await against(1, 'tg2>=1000000000')).code).toBe(3);
    expect(readFileSync(base, 'utf8')).toContain('avg_ts');
  });

  test.each([
    [['-p', '0', '-n', '0'], 2, 'nothing to measure'],
    [['-p', '500', '-d', '100'], 2, 'needs a context of 600 tokens'],
    [['--gate', 'regress<=10%'], 2, '--compare'],
    [['--gate', 'pp9>=1'], 2, 'no metric pp9'],
    [['--gate', 'much faster'], 2, 'METRIC'],
    [['--compare', 'missing.json'], 4, 'missing.json'],
    [['-m', 'missing.gguf'], 4, 'missing.gguf'],
  ] as const)('%j is status %i', async (args, status, message) => {
    const { code, stdout, stderr } = await llmx(short(...args));
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('the reference backend is measured too', async () => {
    expect(await rows('--device', 'reference', '-p', '2', '-n', '1', '-r', '1')).toMatchObject([
      { backends: 'reference', n_threads: 1, test: 'pp2' },
      { test: 'tg1' },
    ]);
  });

  test('SIGINT gives the rows so far and 130', async () => {
    let sent = false;
    const { code, stdout } = await llmx(short('-r', '5000', '--jsonl'), {
      started: (child: ChildProcess) =>
        child.stdout!.on('data', (text: string) => {
          if (sent || !text.includes('"progress"')) return;
          sent = true;
          child.kill('SIGINT');
        }),
    });
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { readonly type: string } & BenchReport;
    expect(code).toBe(130);
    expect(last).toMatchObject({ type: 'result', complete: false, rows: [{ test: 'pp8' }] });
    expect(last.rows[0]!.samples_ns.length).toBeGreaterThan(0);
  });
});
