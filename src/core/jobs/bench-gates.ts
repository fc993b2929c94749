// Benchmarks held against an older one, and against thresholds. Reads what llmx bench and llama-bench write as json or jsonl.
import { readFile } from 'node:fs/promises';
import { LlmxError } from '../base/error.js';
import type { Event } from '../base/event.js';
import type { BenchRow } from './bench-rows.js';
import { judgeGate, type Gate } from './gates.js';
import { readError } from './system-errors.js';

type Known = Pick<BenchRow, 'model_filename' | 'n_prompt' | 'n_gen' | 'n_depth' | 'n_threads' | 'n_batch' | 'avg_ts'>;

export interface Comparison {
  readonly model_filename: string;
  readonly test: string;
  readonly n_threads: number;
  readonly base_ts: number;
  readonly avg_ts: number;
  /** Part of the base's speed that was lost; negative where it became faster. */
  readonly regress: number;
}

/** The names of the report's metrics, for gates: nothing is measured for a gate that could never be answered. */
export function checkGates(gates: readonly Gate[], tests: readonly string[], compares: boolean): void {
  for (const { metric, text } of gates) {
    if (metric === 'regress' && !compares)
      throw new LlmxError('usage', `--gate '${text}' needs something to compare with`, 'Pass --compare FILE.json');
    if (metric !== 'regress' && !tests.includes(metric))
      throw new LlmxError('usage', `--gate '${text}': no metric ${metric}`, `There is regress, ${tests.join(', ')}`);
  }
}

const isRow = (value: unknown): value is Known =>
  typeof value === 'object' && value !== null && 'avg_ts' in value && typeof value.avg_ts === 'number' && 'n_prompt' in value;

/** Rows of an array, of a report of --json, or of one object a line. */
export async function readBaseline(path: string): Promise<readonly Known[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw readError(path, error, 'Check the path given with --compare');
  });
  let values: unknown[];
  try {
    values = [JSON.parse(text)];
  } catch {
    values = text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => parseLine(path, line));
  }
  const rows = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : hasRows(value) ? value.rows : [value])).filter(isRow);
  if (rows.length === 0) throw new LlmxError('malformed', `${path}: no rows of a benchmark`, 'Make one with llmx bench -o json > base.json');
  return rows;
}

const hasRows = (value: unknown): value is { readonly rows: unknown[] } =>
  typeof value === 'object' && value !== null && 'rows' in value && Array.isArray(value.rows);

function parseLine(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new LlmxError('malformed', `${path}: not JSON: ${(error as Error).message}`, 'Make one with llmx bench -o json > base.json', {
      cause: error,
    });
  }
}

const fileName = (reference: string): string => reference.split(/[/\\]/).at(-1)!;

/** Rows of the same model, test and threads; of several the one with the same batch. */
export function compareRows(rows: readonly BenchRow[], base: readonly Known[], path: string): readonly Comparison[] {
  const compared = rows.flatMap((row) => {
    const same = base.filter(
      (old) =>
        fileName(old.model_filename) === fileName(row.model_filename) &&
        old.n_prompt === row.n_prompt &&
        old.n_gen === row.n_gen &&
        (old.n_depth ?? 0) === row.n_depth &&
        old.n_threads === row.n_threads,
    );
    const old = same.find(({ n_batch: batch }) => batch === row.n_batch) ?? same[0];
    if (old === undefined) return [];
    return [
      {
        model_filename: row.model_filename,
        test: row.test,
        n_threads: row.n_threads,
        base_ts: old.avg_ts,
        avg_ts: row.avg_ts,
        regress: (old.avg_ts - row.avg_ts) / old.avg_ts,
      },
    ];
  });
  if (compared.length === 0 && rows.length > 0)
    throw new LlmxError(
      'not-found',
      `${path}: none of its rows has a model, test and threads of this run`,
      'Run the same models with the same -p, -n, -d and -t',
    );
  return compared;
}

/** The worst row answers for a metric. */
export function judge(gate: Gate, rows: readonly BenchRow[], compared: readonly Comparison[]): Extract<Event, { type: 'gate' }> {
  const { metric } = gate;
  const value =
    metric === 'regress'
      ? Math.max(...compared.map(({ regress }) => regress))
      : Math.min(...rows.filter(({ test }) => test === metric).map(({ avg_ts: rate }) => rate));
  return judgeGate(gate, value);
}
