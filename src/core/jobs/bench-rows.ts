// One row of a benchmark: llama-bench's fields, and the shares of this machine's ceilings beside them.
import { cpus } from 'node:os';
import { layerName } from '../blocks/block.js';
import { storedWeights } from '../families/model.js';
import type { LoadedModel } from '../generate/index.js';
import { arithmeticNames, type Ceilings } from '../measure/ceilings.js';
import type { OpTime } from '../measure/op-times.js';
import { deviation, mean } from '../measure/statistics.js';
import { testName, type ThroughputTest } from '../measure/throughput.js';
import { testTraffic, totalTraffic } from '../measure/traffic.js';
import { formatUses } from './inspect-facts.js';

export interface OpRow {
  readonly op: string;
  readonly instructions: number;
  readonly time_ns: number;
  readonly share: number;
  readonly bytes: number;
  readonly operations: number;
  readonly bytes_per_second: number;
  readonly operations_per_second: number;
  readonly read_share: number | null;
  readonly compute_share: number | null;
}

export interface BenchRow {
  readonly build_commit: string;
  readonly cpu_info: string;
  /** The adapter's name; empty where the processor runs it. */
  readonly gpu_info: string;
  readonly backends: string;
  readonly model_filename: string;
  readonly model_type: string;
  readonly model_size: number;
  readonly model_n_params: number;
  readonly n_batch: number;
  readonly n_ubatch: number;
  readonly n_threads: number;
  readonly type_k: string;
  readonly type_v: string;
  readonly n_prompt: number;
  readonly n_gen: number;
  readonly n_depth: number;
  readonly test: string;
  readonly test_time: string;
  readonly avg_ns: number;
  readonly stddev_ns: number;
  readonly avg_ts: number;
  readonly stddev_ts: number;
  /** Bytes a second and operations a second that this machine reaches, and the part of them that the mean run did. */
  readonly read_ceiling: number | null;
  readonly read_share: number | null;
  readonly compute_ceiling: number | null;
  readonly compute_share: number | null;
  readonly compute_kind: string;
  /** Calls into a graphics device for one generated token, and for one layer of the model; null where there are none. */
  readonly dispatches: number | null;
  readonly dispatches_per_layer: number | null;
  readonly samples_ns: readonly number[];
  readonly samples_ts: readonly number[];
  readonly ops?: readonly OpRow[];
}

export interface Setting {
  readonly build: string;
  readonly reference: string;
  readonly backend: string;
  readonly adapter: string | undefined;
  readonly threads: number;
  readonly batch: number;
  readonly cacheFormat: string;
}

/** 4196608 as `4.20 M`. */
function countText(parameters: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, parameters)) / 3)));
  return power === 0 ? String(parameters) : `${(parameters / 1000 ** power).toFixed(2)} ${' KMBT'[power]}`;
}

const part = (rate: number, ceiling: number | null): number | null => (ceiling === null ? null : rate / ceiling);
const processor = (): string => cpus()[0]?.model.trim() ?? 'unknown';

/** Of the last step. Instructions of a layer are those from its first weight to the next layer's. */
function dispatchesOf({ engine }: LoadedModel): Pick<BenchRow, 'dispatches' | 'dispatches_per_layer'> {
  const dispatches = engine.dispatches();
  if (dispatches === 0) return { dispatches: null, dispatches_per_layer: null };
  const { instructions, values } = engine.program;
  const firstOf = (layer: number): number =>
    instructions.findIndex(({ inputs }) =>
      inputs.some((number) => {
        const place = number === undefined ? undefined : values[number]!.place;
        return place !== undefined && place.kind !== 'arena' && place.name.startsWith(layerName(layer, ''));
      }),
    );
  const [first, second] = [firstOf(0), firstOf(1)];
  return { dispatches, dispatches_per_layer: second > first ? second - first : null };
}

export function benchRow(
  loaded: LoadedModel,
  setting: Setting,
  test: ThroughputTest,
  samples: readonly number[],
  ceilings: Ceilings,
  begun: Date,
): BenchRow {
  const { checkpoint, key } = loaded.model;
  const uses = formatUses(checkpoint);
  const parameters = uses.reduce((sum, use) => sum + use.parameters, 0);
  const rates = samples.map((nanoseconds) => ((test.prompt + test.generate) * 1e9) / nanoseconds);
  // Work of one run over its time, for matrices alone: what peers count as well.
  const traffic = testTraffic(loaded.engine.program, storedWeights(loaded.model), test, loaded.chunk);
  const { weightBytes, operations } = totalTraffic(traffic.filter(({ hasWeights }) => hasWeights));
  const seconds = mean(samples) / 1e9;
  return {
    build_commit: setting.build,
    cpu_info: processor(),
    gpu_info: setting.adapter ?? '',
    backends: setting.backend,
    model_filename: setting.reference,
    model_type: `${key} ${countText(parameters)} ${uses[0]?.dtype ?? ''}`.trim(),
    model_size: uses.reduce((sum, use) => sum + use.bytes, 0),
    model_n_params: parameters,
    n_batch: setting.batch || loaded.chunk,
    n_ubatch: loaded.chunk,
    n_threads: setting.threads,
    type_k: setting.cacheFormat,
    type_v: setting.cacheFormat,
    n_prompt: test.prompt,
    n_gen: test.generate,
    n_depth: test.depth,
    test: testName(test),
    test_time: begun.toISOString().replace(/\.\d+Z$/, 'Z'),
    avg_ns: Math.round(mean(samples)),
    stddev_ns: Math.round(deviation(samples)),
    avg_ts: mean(rates),
    stddev_ts: deviation(rates),
    read_ceiling: ceilings.read,
    read_share: part(weightBytes / seconds, ceilings.read),
    compute_ceiling: ceilings.compute,
    compute_share: part(operations / seconds, ceilings.compute),
    compute_kind: arithmeticNames[ceilings.arithmetic],
    ...dispatchesOf(loaded),
    samples_ns: samples,
    samples_ts: rates,
  };
}

export const opRow = ({ op, instructions, nanoseconds, share, bytes, operations }: OpTime, { read, compute }: Ceilings): OpRow => {
  const perSecond = (work: number): number => (nanoseconds > 0 ? (work * 1e9) / nanoseconds : 0);
  return {
    op,
    instructions,
    time_ns: nanoseconds,
    share,
    bytes,
    operations,
    bytes_per_second: perSecond(bytes),
    operations_per_second: perSecond(operations),
    read_share: part(perSecond(bytes), read),
    compute_share: part(perSecond(operations), compute),
  };
};
