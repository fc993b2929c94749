// Gates and comparisons of benchmarks: what is read, what is matched, what is judged.
import { describe, expect, test } from 'vitest';
import { checkGates, compareRows, judge, readBaseline } from '../../../src/core/jobs/bench-gates.js';
import { parseGate } from '../../../src/core/jobs/gates.js';
import type { BenchRow } from '../../../src/core/jobs/bench-rows.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const row = (test: string, rate: number, more: Partial<BenchRow> = {}): BenchRow =>
  ({ model_filename: 'a/m.gguf', test, n_prompt: 8, n_gen: 0, n_depth: 0, n_threads: 1, n_batch: 512, avg_ts: rate, ...more }) as BenchRow;

describe('gates', () => {
  test('are read with their percent signs and names of tests', () => {
    expect(parseGate('regress<=10%')).toMatchObject({ metric: 'regress', operator: '<=', limit: 0.1 });
    expect(parseGate(' tg128 @ d64 >= 40.5 ')).toMatchObject({ metric: 'tg128 @ d64', operator: '>=', limit: 40.5 });
    for (const text of ['', 'regress', 'regress=1', 'regress<10', '<=4']) expect(() => parseGate(text)).toThrow('--gate takes');
    expect(() => checkGates([parseGate('regress<=1%')], ['pp8'], false)).toThrow('compare');
    expect(() => checkGates([parseGate('pp9>=1')], ['pp8'], true)).toThrow('no metric pp9');
  });

  test('the worst row answers', () => {
    const rows = [row('pp8', 100), row('pp8', 60)];
    const compared = compareRows(rows, [row('pp8', 80, { model_filename: 'elsewhere/m.gguf' })], 'base');
    expect(compared.map(({ regress }) => regress)).toEqual([-0.25, 0.25]);
    expect(judge(parseGate('regress<=25%'), rows, compared)).toEqual({ type: 'gate', name: 'regress', value: 0.25, limit: '<=0.25', pass: true });
    expect(judge(parseGate('regress<=24%'), rows, compared).pass).toBe(false);
    expect(judge(parseGate('pp8>=61'), rows, compared)).toMatchObject({ value: 60, pass: false });
  });

  test('rows of another model, test or number of threads do not count', () => {
    const base = [row('pp8', 1, { n_prompt: 9 }), row('pp8', 1, { n_threads: 2 }), row('pp8', 1, { model_filename: 'other.gguf' })];
    expect(() => compareRows([row('pp8', 1)], base, 'base.json')).toThrow('none of its rows');
    expect(compareRows([row('pp8', 4)], [row('pp8', 2, { n_batch: 64 }), row('pp8', 8)], 'base.json')).toMatchObject([{ base_ts: 8 }]);
  });
});

test('a baseline may be an array, a report, or lines', async () => {
  const write = temporaryFolder();
  const known = { n_prompt: 8, avg_ts: 2 };
  for (const text of [JSON.stringify([known]), JSON.stringify({ ok: true, rows: [known] }), `${JSON.stringify(known)}\n${JSON.stringify(known)}\n`])
    expect((await readBaseline(write('base.json', text)))[0]).toEqual(known);
  for (const text of ['', '{}', '[1]', 'no json']) expect(await failure(readBaseline(write('base.json', text)))).toMatchObject({ code: 'malformed' });
});
