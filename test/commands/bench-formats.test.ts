// The table of a benchmark on terminals: what is the same in every row leaves a table that would be too wide.
import { expect, test } from 'vitest';
import { benchFormats } from '../../src/commands/bench/formats.js';
import type { BenchReport } from '../../src/core/jobs/bench.js';
import type { BenchRow } from '../../src/core/jobs/bench-rows.js';

const row = (more: Partial<BenchRow>): BenchRow =>
  ({
    ...{
      build_commit: '1',
      cpu_info: 'cpu',
      gpu_info: '',
      backends: 'native',
      model_type: 'llama 1 B Q8_0',
      model_size: 1e9,
      n_ubatch: 512,
      n_threads: 1,
    },
    ...{
      test: 'pp8',
      avg_ts: 100,
      stddev_ts: 1,
      read_share: 0.5,
      compute_share: null,
      read_ceiling: 1e9,
      compute_ceiling: 1e9,
      compute_kind: 'int8',
    },
    ...more,
  }) as BenchRow;
const markdown = (rows: readonly BenchRow[], width: number): string[] => benchFormats.md({ rows } as unknown as BenchReport, width).split('\n');

test('a pipe gets every column; a narrow terminal only those that differ', () => {
  const rows = [row({}), row({ test: 'tg8', n_threads: 2 })];
  expect(markdown(rows, Infinity)[0]).toMatch(/^\| model .* \| threads \| batch \| test \|/);
  const narrow = markdown(rows, 70);
  expect(narrow[0]).toBe('model llama 1 B Q8_0, size 1.0 GB, backend native, batch 512');
  expect(narrow.slice(0, 6).every((line) => line.length <= 70)).toBe(true);
  expect(narrow.find((line) => line.startsWith('|'))).toMatch(/^\| threads \| test \|/);
});

test('below the table: the processor and its threads, or the graphics adapter', () => {
  const line = (more: Partial<BenchRow>): string | undefined => markdown([row(more)], Infinity).find((each) => each.includes('GB/s'));
  expect(line({})).toBe('cpu: 1 thread read 1.0 GB/s, compute 1.0 GOP/s (int8)');
  expect(line({ gpu_info: 'gpu', compute_kind: 'f32 multiply-add' })).toBe('gpu: copies 1.0 GB/s, computes 1.0 GOP/s (f32 multiply-add)');
});
