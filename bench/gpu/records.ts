// What gpu.sh collects, one JSON record a line: a row for each test of each model, and what was found on the machine.
import { appendFileSync, readFileSync } from 'node:fs';
import type { BenchRow } from '../../src/core/jobs/bench-rows.js';

export interface Peer {
  /** Name and version. */
  readonly engine: string;
  readonly settings: string;
  /** Tokens/s of each run. */
  readonly rates: readonly number[];
}

/** `problem`: why there is no measurement. */
export interface TestRow {
  readonly kind: 'row';
  readonly part: string;
  readonly model: string;
  readonly test: string;
  readonly llmx?: BenchRow;
  readonly problem?: string;
  /** As an exit status of llmx would say it: 4 for want of an adapter. */
  readonly status?: number;
  readonly peer?: Peer;
  readonly peerProblem?: string;
}

export interface Machine {
  readonly kind: 'machine';
  readonly device: string;
  readonly lines: readonly string[];
}

export type Entry = TestRow | Machine;

export const addRecord = (file: string, record: Entry): void => appendFileSync(file, `${JSON.stringify(record)}\n`);

/** A line that was cut off by a kill is left out. */
export function readRecords(file: string): Entry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Entry];
      } catch {
        return [];
      }
    });
}
