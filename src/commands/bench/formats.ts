// The rows of `llmx bench` as text: a table of Markdown, CSV, JSON, or JSON lines. The last three are data alone.
import type { BenchReport } from '../../core/jobs/bench.js';
import type { BenchRow, OpRow } from '../../core/jobs/bench-rows.js';
import { fold } from '../shell/fold.js';
import { bytesText, plural } from '../shell/quantity.js';

/** A setting may stand above the table where it is the same in every row. */
type Column<Row> = readonly [title: string, text: (row: Row) => string, right?: boolean, setting?: boolean];

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(([, text]) => text(row)));
  const widths = columns.map(([title], index) => Math.max(title.length, ...cells.map((line) => line[index]!.length)));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, index) => (columns[index]![2] === true ? text.padStart(widths[index]!) : text.padEnd(widths[index]!))).join(' | ')} |`;
  const rule = `| ${columns.map(([, , right], index) => (right === true ? `${'-'.repeat(widths[index]! - 1)}:` : '-'.repeat(widths[index]!))).join(' | ')} |`;
  return [line(columns.map(([title]) => title)), rule, ...cells.map(line)].join('\n');
}

const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);

const rowColumns: readonly Column<BenchRow>[] = [
  ['model', ({ model_type: type }) => type, false, true],
  ['size', ({ model_size: size }) => bytesText(size), true, true],
  ['backend', ({ backends }) => backends, false, true],
  ['threads', ({ n_threads: threads }) => String(threads), true, true],
  ['batch', ({ n_ubatch: batch }) => String(batch), true, true],
  ['test', ({ test }) => test, true],
  ['t/s', ({ avg_ts: rate, stddev_ts: spread }) => `${rate.toFixed(2)} ± ${spread.toFixed(2)}`, true],
  ['of memory', ({ read_share: share }) => percent(share), true],
  ['of arithmetic', ({ compute_share: share }) => percent(share), true],
];

const opColumns: readonly Column<OpRow & { readonly test: string }>[] = [
  ['test', ({ test }) => test],
  ['op', ({ op, instructions }) => `${op} x ${instructions}`],
  ['ms', ({ time_ns: time }) => (time / 1e6).toFixed(3), true],
  ['share', ({ share }) => percent(share), true],
  ['moved', ({ bytes }) => bytesText(Math.round(bytes)), true],
  ['GB/s', ({ bytes_per_second: rate }) => (rate / 1e9).toFixed(2), true],
  ['of memory', ({ read_share: share }) => percent(share), true],
  ['GOP/s', ({ operations_per_second: rate }) => (rate / 1e9).toFixed(2), true],
  ['of arithmetic', ({ compute_share: share }) => percent(share), true],
];

/** What the shares are of, once for each number of threads and kind of arithmetic. */
function machineLines(rows: readonly BenchRow[]): readonly string[] {
  const lines = rows.map(({ cpu_info: cpu, gpu_info: gpu, n_threads: threads, read_ceiling: read, compute_ceiling: compute, compute_kind: kind }) => {
    if (read === null || compute === null) return gpu || cpu;
    const rates = `${(read / 1e9).toFixed(1)} GB/s, compute${gpu ? 's' : ''} ${(compute / 1e9).toFixed(1)} GOP/s (${kind})`;
    return gpu ? `${gpu}: copies ${rates}` : `${cpu}: ${plural(threads, 'thread')} read ${rates}`;
  });
  return [...new Set(lines)];
}

function dispatchLines(rows: readonly BenchRow[]): readonly string[] {
  const counts = rows.flatMap(({ n_gen: made, model_type: model, dispatches, dispatches_per_layer: layer }) =>
    made === 0 || dispatches === null ? [] : [`${model}: ${dispatches} dispatches a token${layer === null ? '' : `, ${layer} a layer`}`],
  );
  return [...new Set(counts)];
}

/** A table; where it is wider than `width`, settings that are the same in every row stand above it instead. */
function fittingTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const whole = table(columns, rows);
  if (whole.indexOf('\n') <= width) return whole;
  const same = columns.filter(([, text, , isSetting]) => isSetting === true && rows.every((row) => text(row) === text(rows[0]!)));
  if (rows.length === 0 || same.length === 0) return whole;
  const shared = same.map(([title, text]) => `${title} ${text(rows[0]!)}`).join(', ');
  return `${fold(shared, width)}\n${table(
    columns.filter((column) => !same.includes(column)),
    rows,
  )}`;
}

/** The name of a row's test, with the settings that are not the same in all rows. */
const testOf = ({ test, model_type: model, n_threads: threads, n_ubatch: batch }: BenchRow, rows: readonly BenchRow[]): string =>
  [
    ...(rows.some((row) => row.model_type !== model) ? [model] : []),
    test,
    ...(rows.some((row) => row.n_threads !== threads) ? [`t${threads}`] : []),
    ...(rows.some((row) => row.n_ubatch !== batch) ? [`b${batch}`] : []),
  ].join(' ');

/** `width`: of the terminal; Infinity for a pipe. */
function markdown({ rows }: BenchReport, width: number): string {
  if (rows.length === 0) return '';
  const ops = rows.flatMap((row) => (row.ops ?? []).map((op) => ({ ...op, test: testOf(row, rows) })));
  return [
    fittingTable(rowColumns, rows, width),
    ...(ops.length === 0 ? [] : ['', fittingTable(opColumns, ops, width)]),
    '',
    ...machineLines(rows),
    ...dispatchLines(rows),
    `build: ${rows[0]!.build_commit}`,
  ].join('\n');
}

/** Every field that is one value, quoted as llama-bench does. */
function csv({ rows }: BenchReport): string {
  const plain = rows.map(({ samples_ns: _ns, samples_ts: _ts, ops: _ops, ...fields }) => fields);
  const quoted = (value: unknown): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
  return plain.length === 0
    ? ''
    : [Object.keys(plain[0]!).join(','), ...plain.map((fields) => Object.values(fields).map(quoted).join(','))].join('\n');
}

export const benchFormats = {
  md: markdown,
  csv,
  json: ({ rows }: BenchReport) => JSON.stringify(rows, null, 2),
  jsonl: ({ rows }: BenchReport) => rows.map((row) => JSON.stringify(row)).join('\n'),
} as const satisfies Record<string, (report: BenchReport, width: number) => string>;
