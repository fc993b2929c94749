// `llmx bench`: prompt and generation rates of models over lists of settings, with this machine's ceilings beside them.
import { availableParallelism } from 'node:os';
import type { Backend } from '../backends/backend.js';
import type { DeviceName } from '../backends/devices.js';
import { LlmxError } from '../base/error.js';
import type { Event, Job } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { storedWeights, understand } from '../families/model.js';
import { loadModel, type LoadedModel, type LoadOptions } from '../generate/index.js';
import { arithmeticOf, higher, measureCeilings, type Arithmetic, type Ceilings } from '../measure/ceilings.js';
import { measureOps, type OpTime } from '../measure/op-times.js';
import { measureThroughput, sequencesFor, testName, type ThroughputTest } from '../measure/throughput.js';
import { checkGates, compareRows, judge, readBaseline, type Comparison } from './bench-gates.js';
import { benchRow, opRow, type BenchRow, type Setting } from './bench-rows.js';
import { parseGate } from './gates.js';
import { chooseDevice, openReference, totalBytes, type ModelChoice } from './open-model.js';

export interface BenchOptions extends Omit<ModelChoice, 'reference'> {
  readonly references: readonly string[];
  /** Every combination is measured: prompts and generations at each depth, for each number of threads and each batch. */
  readonly prompts: readonly number[];
  readonly generations: readonly number[];
  readonly depths: readonly number[];
  /** Empty: what the backend takes. */
  readonly threads: readonly number[];
  /** Tokens of a prompt in one step; 0 lets the backend choose. */
  readonly batches: readonly number[];
  readonly repeats: number;
  readonly warmup: boolean;
  readonly ops: boolean;
  readonly device: DeviceName;
  readonly cacheFormat: 'f16' | 'f32';
  readonly seed: number;
  readonly compare?: string;
  readonly gates: readonly string[];
  /** Version of llmx, for the rows. */
  readonly build: string;
}

export interface BenchReport {
  readonly rows: readonly BenchRow[];
  readonly repeats: number;
  readonly seed: number;
  /** False when it was interrupted. */
  readonly complete: boolean;
  readonly compare?: readonly Comparison[];
  readonly gates: readonly { readonly name: string; readonly value: number; readonly limit: string; readonly pass: boolean }[];
}

/** Prompts first, then generations, depth by depth. A length of 0 is no test. */
const testsOf = ({ prompts, generations, depths }: Pick<BenchOptions, 'prompts' | 'generations' | 'depths'>): readonly ThroughputTest[] =>
  depths.flatMap((depth) => [
    ...prompts.filter((prompt) => prompt > 0).map((prompt) => ({ prompt, generate: 0, depth })),
    ...generations.filter((generate) => generate > 0).map((generate) => ({ prompt: 0, generate, depth })),
  ]);

const lengthOf = ({ prompt, generate, depth }: ThroughputTest): number => prompt + generate + depth;

function checkLengths(tests: readonly ThroughputTest[], contextLength: number, reference: string): void {
  const long = tests.find((test) => lengthOf(test) > contextLength);
  if (long === undefined) return;
  throw new LlmxError(
    'usage',
    `${testName(long)} needs a context of ${lengthOf(long)} tokens, ${reference} has ${contextLength}`,
    'Choose smaller -p, -n or -d',
  );
}

/** Runs `use` over an engine that a signal aborts and that is closed whatever happens. */
async function* withModel<Result>(
  checkpoint: Checkpoint,
  backend: Backend,
  options: LoadOptions,
  signal: AbortSignal,
  use: (loaded: LoadedModel) => Job<Result>,
): Job<Result> {
  const loaded = await loadModel(checkpoint, backend, options);
  const stop = (): void => loaded.engine.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return yield* use(loaded);
  } finally {
    signal.removeEventListener('abort', stop);
    await loaded.engine.close();
  }
}

interface Round {
  readonly checkpoint: Checkpoint;
  readonly backend: Backend;
  readonly tests: readonly ThroughputTest[];
  readonly setting: Setting;
  readonly arithmetic: Arithmetic;
}

/** One model with one setting: all tests on one engine, then each again on one that times its instructions. */
async function* measureRound(
  { checkpoint, backend, tests, setting, arithmetic }: Round,
  options: BenchOptions,
  signal: AbortSignal,
): Job<readonly BenchRow[]> {
  const isInterrupted = (): boolean => signal.aborted;
  const { repeats, warmup, seed } = options;
  const load: LoadOptions = {
    contextLength: Math.max(...tests.map(lengthOf)),
    sequences: Math.max(...tests.map(sequencesFor)),
    chunk: setting.batch,
    cacheFormat: options.cacheFormat,
    threads: setting.threads,
  };
  // Before and after: what else runs here lowers a ceiling more easily than it lowers a mean.
  const before = await measureCeilings(backend, setting.threads, arithmetic, isInterrupted);
  const rows = yield* withModel(checkpoint, backend, load, signal, async function* (loaded) {
    const done: ((ceilings: Ceilings) => BenchRow)[] = [];
    for (const test of tests) {
      if (signal.aborted) break;
      const begun = new Date();
      const { samples } = yield* measureThroughput(loaded, { ...test, repeats, warmup, seed, isInterrupted });
      if (samples.length === 0) break;
      done.push((ceilings) => benchRow(loaded, setting, test, samples, ceilings, begun));
    }
    return done;
  });
  const ops: (readonly OpTime[])[] = [];
  if (options.ops)
    yield* withModel(checkpoint, backend, { ...load, profile: true }, signal, async function* (loaded) {
      for (const test of tests.slice(0, rows.length)) ops.push(yield* measureOps(loaded, { ...test, seed, isInterrupted }));
    });
  const ceilings = signal.aborted ? before : higher(before, await measureCeilings(backend, setting.threads, arithmetic, isInterrupted));
  return rows.map((row, index) => ({ ...row(ceilings), ...(options.ops ? { ops: (ops[index] ?? []).map((time) => opRow(time, ceilings)) } : {}) }));
}

const threadsOf = ({ takesThreads }: Backend, { threads }: BenchOptions): readonly number[] =>
  !takesThreads ? [1] : threads.length > 0 ? threads : [availableParallelism()];

export async function* bench(options: BenchOptions, signal: AbortSignal): Job<BenchReport> {
  const tests = testsOf(options);
  if (tests.length === 0) throw new LlmxError('usage', 'nothing to measure: -p and -n are 0', 'For example -p 512 -n 128');
  const gates = options.gates.map((text) => parseGate(text, "--gate 'regress<=10%' or --gate 'tg128>=40'"));
  checkGates(gates, tests.map(testName), options.compare !== undefined);
  const baseline = options.compare === undefined ? undefined : await readBaseline(options.compare);
  const rows: BenchRow[] = [];
  const told = new Set<Backend>();
  let expected = 0;
  for (const reference of options.references) {
    const checkpoint = yield* openReference({ ...options, reference }, { signal });
    const model = await understand(checkpoint);
    checkLengths(tests, model.h.contextLength, reference);
    const backend = yield* chooseDevice(options.device, totalBytes(checkpoint), told);
    const arithmetic = arithmeticOf(storedWeights(model).values(), backend);
    for (const count of threadsOf(backend, options)) {
      for (const batch of options.batches) {
        expected += tests.length;
        if (signal.aborted) continue;
        const { build, cacheFormat } = options;
        const setting: Setting = { build, reference, backend: backend.name, adapter: backend.adapter, threads: count, batch, cacheFormat };
        rows.push(...(yield* measureRound({ checkpoint, backend, tests, setting, arithmetic }, options, signal)));
      }
    }
  }
  const complete = rows.length === expected && rows.every(({ samples_ns: samples }) => samples.length === options.repeats);
  const compared = baseline === undefined ? undefined : compareRows(rows, baseline, options.compare!);
  const judged: Extract<Event, { type: 'gate' }>[] = complete ? gates.map((gate) => judge(gate, rows, compared ?? [])) : [];
  yield* judged;
  return {
    rows,
    repeats: options.repeats,
    seed: options.seed,
    complete,
    ...(compared === undefined ? {} : { compare: compared }),
    gates: judged.map(({ name, value, limit, pass }) => ({ name, value, limit, pass })),
  };
}
