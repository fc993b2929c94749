// Where the time of a run goes, by op: measured by an engine that was opened with `profile`.
import type { Event } from '../base/event.js';
import { storedWeights } from '../families/model.js';
import type { LoadedModel } from '../generate/index.js';
import { measureThroughput, type ThroughputOptions } from './throughput.js';
import { testTraffic } from './traffic.js';

export interface OpTime {
  readonly op: string;
  /** Instructions of this op in one step. */
  readonly instructions: number;
  /** For one run of the test. */
  readonly nanoseconds: number;
  readonly share: number;
  readonly bytes: number;
  readonly operations: number;
}

/** Ops by their time, the longest first. Empty when it was interrupted. */
export async function* measureOps(
  loaded: LoadedModel,
  options: Omit<ThroughputOptions, 'repeats' | 'warmup' | 'onRun'>,
): AsyncGenerator<Event, readonly OpTime[], void> {
  const { engine, model, chunk } = loaded;
  let [before, after]: [readonly number[], readonly number[]] = [[], []];
  const onRun = (moment: 'begin' | 'end'): void => {
    const times = [...engine.profile()];
    if (moment === 'begin') before = times;
    else after = times;
  };
  const { samples } = yield* measureThroughput(loaded, { ...options, repeats: 1, onRun });
  if (samples.length === 0) return [];
  const traffic = testTraffic(engine.program, storedWeights(model), options, chunk);
  const rows = new Map<string, { op: string; instructions: number; nanoseconds: number; bytes: number; operations: number }>();
  let total = 0;
  for (const [index, { op }] of engine.program.instructions.entries()) {
    const row = rows.get(op) ?? { op, instructions: 0, nanoseconds: 0, bytes: 0, operations: 0 };
    const nanoseconds = after[index]! - before[index]!;
    total += nanoseconds;
    row.instructions++;
    row.nanoseconds += nanoseconds;
    row.bytes += traffic[index]!.weightBytes + traffic[index]!.otherBytes;
    row.operations += traffic[index]!.operations;
    rows.set(op, row);
  }
  return [...rows.values()]
    .map((row) => ({ ...row, share: total === 0 ? 0 : row.nanoseconds / total }))
    .sort((left, right) => right.nanoseconds - left.nanoseconds);
}
