// The end of gpu.sh: one table of all rows, where the time of the ops went, and on the last line everything as JSON. Exit status 4 where no
// adapter was found, 1 where some row has no measurement. `table.mjs RECORDS`
import { fileURLToPath } from 'node:url';
import type { BenchRow, OpRow } from '../../src/core/jobs/bench-rows.js';
import { readRecords, type Entry, type TestRow } from './records.js';

/** Columns of text, the first `left` ones to the left; a heading is a line like any other. */
function aligned(lines: readonly (readonly string[])[], left: number): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const pad = (text: string, column: number): string => (column < left ? text.padEnd(widths[column]!) : text.padStart(widths[column]!));
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

const percent = (share: number | null | undefined): string => (share == null ? '-' : `${(share * 100).toFixed(1)} %`);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const count = (number: number | null): string => (number === null ? '-' : String(number));

/** Multiplications with matrices alone, as both shares count them. */
const teraflops = ({ n_prompt: prompt, compute_share: share, compute_ceiling: ceiling }: BenchRow): string =>
  prompt === 0 || share === null || ceiling === null ? '-' : ((share * ceiling) / 1e12).toFixed(2);

const headings = ['model', 'test', 'tokens/s', 'of memory', 'of arithmetic', 'TFLOP/s', 'a token', 'a layer', 'llama.cpp', 'ratio'];

function cellsOf({ model, test, llmx, peer }: TestRow): readonly string[] {
  const rate = peer === undefined ? undefined : mean(peer.rates);
  const ours =
    llmx === undefined
      ? ['-', '-', '-', '-', '-', '-']
      : [
          llmx.avg_ts.toFixed(1),
          percent(llmx.read_share),
          percent(llmx.compute_share),
          teraflops(llmx),
          ...(llmx.n_gen === 0 ? ['-', '-'] : [count(llmx.dispatches), count(llmx.dispatches_per_layer)]),
        ];
  const ratio = rate === undefined || llmx === undefined ? '-' : (llmx.avg_ts / rate).toFixed(2);
  return [model, test, ...ours, rate === undefined ? '-' : rate.toFixed(1), ratio];
}

const isMeasured = ({ llmx }: TestRow): boolean => llmx?.ops === undefined;

function mainTable(rows: readonly TestRow[]): string {
  const [heading, ...lines] = aligned([headings, ...rows.map(cellsOf)], 2).split('\n');
  const notes = rows.map(({ problem, peerProblem }) =>
    [problem, peerProblem === undefined ? undefined : `llama.cpp: ${peerProblem}`].filter((each) => each !== undefined).join('; '),
  );
  return [heading, ...lines.map((line, index) => (notes[index] === '' ? line : `${line}  ${notes[index]}`))].join('\n');
}

const unique = (lines: readonly string[]): readonly string[] => [...new Set(lines)];

/** What the shares are of, and which engines raced. */
function footnotes(rows: readonly TestRow[]): readonly string[] {
  const best = (values: readonly (number | null | undefined)[]): number => Math.max(0, ...values.map((value) => value ?? 0));
  const [read, compute] = [best(rows.map(({ llmx }) => llmx?.read_ceiling)), best(rows.map(({ llmx }) => llmx?.compute_ceiling))];
  return [
    ...(read === 0
      ? []
      : [
          `of memory: of what a copy on the device reads and writes, up to ${(read / 1e9).toFixed(1)} GB/s; of arithmetic: of multiply-adds in registers, up to ${(compute / 1e12).toFixed(3)} TFLOP/s`,
          'a token, a layer: dispatches',
        ]),
    ...unique(rows.flatMap(({ peer }) => (peer === undefined ? [] : [`${peer.engine}: ${peer.settings}`]))),
  ];
}

const longestOps = 8;

const opCells = (row: TestRow, { op, instructions, time_ns: time, share, read_share: read, compute_share: compute }: OpRow): readonly string[] => [
  row.model,
  row.test,
  `${op} x ${instructions}`,
  (time / 1e6).toFixed(3),
  percent(share),
  percent(read),
  percent(compute),
];

function opsTable(rows: readonly TestRow[]): string {
  const cells = rows.flatMap((row) => (row.llmx?.ops ?? []).slice(0, longestOps).map((op) => opCells(row, op)));
  return cells.length === 0 ? '' : aligned([['model', 'test', 'op', 'ms', 'share', 'of memory', 'of arithmetic'], ...cells], 3);
}

/** Everything that gpu.sh prints at its end. */
export function report(records: readonly Entry[]): string {
  const rows = records.filter((record) => record.kind === 'row');
  const shown = rows.filter(isMeasured);
  const [notes, ops] = [footnotes(shown), opsTable(rows)];
  return [
    ...(shown.length === 0 ? [] : [mainTable(shown), '']),
    ...(notes.length === 0 ? [] : [...notes, '']),
    ...(ops === '' ? [] : [ops, '']),
    JSON.stringify({ machine: records.filter((record) => record.kind === 'machine'), rows }),
  ].join('\n');
}

export function statusOf(records: readonly Entry[]): number {
  const failures = records.filter((record) => record.kind === 'row').filter(({ problem }) => problem !== undefined);
  if (failures.length === 0) return 0;
  return failures.some(({ status }) => status === 4) ? 4 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const records = readRecords(process.argv[2]!);
  console.log(report(records));
  process.exitCode = statusOf(records);
}
