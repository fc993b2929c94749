// `llmx convert`: any checkpoint to any form. Planned first, streamed under a temporary name, read back and measured, then named.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Event, Job, JsonObject } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { openFile } from '../../checkpoints/files.js';
import { checkpointFormats } from '../../checkpoints/index.js';
import type { LayoutOptions } from '../../checkpoints/writer.js';
import { diskError } from '../../checkpoints/write-file.js';
import { wholeBytes } from '../../checkpoints/split.js';
import { buildGraph, readConstants, storedWeights, understand, type Model } from '../../families/model.js';
import { refusal } from '../../families/refusal.js';
import { pageSize } from '../../generate/index.js';
import { numberFormats } from '../../numbers/index.js';
import { judgeGate, parseGate, type Gate } from '../gates.js';
import { openReference, totalBytes, type ModelChoice } from '../open-model.js';
import { describe, widenedOf, type Naming } from './contents.js';
import { execute } from './execute.js';
import type { TypeChoice } from './formats.js';
import { openJournal, planDigest } from './journal.js';
import { parameters, planJson, planOutput, targetTensors, typeCounts, writerOf, type OutputChoice, type OutputPlan, type Selection } from './plan.js';
import { checkDestination, finalPaths, freeBytes, lineagePath, prepareStaging, publish, stagedFiles, stagedPath, stagingOf } from './staging.js';
import { openTargets } from './targets.js';
import { verify, type Thoroughness, type Verification } from './verify.js';

export interface ConvertOptions extends ModelChoice {
  readonly outputs: readonly OutputChoice[];
  readonly types: Omit<TypeChoice, 'widened'>;
  readonly selection: Selection;
  readonly naming: Naming;
  readonly layout: Omit<LayoutOptions, 'fileName'>;
  readonly verify: Thoroughness;
  readonly gates: readonly string[];
  readonly force: boolean;
  readonly resume: boolean;
  readonly dryRun: boolean;
  /** Most bytes of a source in memory at once. */
  readonly chunkBytes: number;
  readonly threads: number;
  /** For the lineage: the version of llmx. */
  readonly version: string;
}

export interface ConvertReport {
  readonly input: { readonly reference: string; readonly path: string; readonly format: string; readonly bytes: number };
  readonly output: readonly JsonObject[];
  readonly tensors: number;
  readonly params: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly dtype_counts: Readonly<Record<string, number>>;
  readonly memory_bytes: number;
  readonly free_bytes: readonly number[];
  readonly dry_run: boolean;
  readonly resumed_bytes: number;
  readonly verify: JsonObject | null;
  readonly gates: readonly JsonObject[];
  readonly seconds: { readonly write: number; readonly verify: number; readonly hash: number };
}

/** Metrics that a gate may name. */
const metricNames = ['logit-nmse', 'top1', 'kld', 'tensor-nmse', 'tensor-mismatches', 'token-mismatches'] as const;
/** What a conversion promises without being asked. */
const promises: readonly Gate[] = ['tensor-mismatches<=0', 'token-mismatches<=0'].map(parseGate);

function readGates({ gates, verify: thoroughness, selection }: ConvertOptions): readonly Gate[] {
  const parsed = gates.map(parseGate);
  const unknown = parsed.find(({ metric }) => !(metricNames as readonly string[]).includes(metric));
  if (unknown !== undefined)
    throw new LlmxError('usage', `--gate '${unknown.text}': no metric ${unknown.metric}`, `There is ${metricNames.join(', ')}`);
  if (parsed.length > 0 && thoroughness === 'none') throw new LlmxError('usage', '--gate needs what --verify measures', 'Leave out --verify none');
  const partial = selection.vocabularyOnly || selection.include !== undefined || selection.exclude !== undefined;
  const beyond = parsed.find(({ metric }) => partial && metric !== 'token-mismatches');
  if (beyond !== undefined)
    throw new LlmxError('usage', `--gate '${beyond.text}' needs a whole model`, 'Leave out --include, --exclude and --vocab-only');
  return parsed;
}

/** What a graph needs to be written as one: the program of the family over the target's own tensors. */
async function programOf(model: Model, output: Pick<OutputPlan, 'transfers'>) {
  const transposed = new Map([...storedWeights(model)].map(([role, weight]) => [role, weight.transposed]));
  return {
    graph: buildGraph(model, { pageSize, cacheFormat: 'f32' }),
    weights: new Map(
      output.transfers.map(
        ({ role, targets }) => [role, { tensors: targets.map(({ name }) => name), transposed: transposed.get(role) ?? false }] as const,
      ),
    ),
    constants: await readConstants(model),
  };
}

async function planOne(
  model: Model,
  chosen: OutputChoice,
  options: ConvertOptions,
): Promise<{ readonly plan: OutputPlan; readonly refusals: readonly string[] }> {
  const writer = writerOf(chosen.format);
  const choice: TypeChoice = { ...options.types, widened: widenedOf(model) };
  const { transfers, tensors, refusals } = targetTensors(model, writer, choice, options.selection);
  const { contents, constants, refusals: unsaid } = await describe(model, writer.dialect, tensors, options.naming);
  const missing = options.selection.vocabularyOnly ? new Map<string, Float32Array>() : constants;
  const extra = [...missing].map(([name, values]) => ({ name, shape: [values.length], format: 'f32' as const }));
  const whole = {
    ...contents,
    tensors: [...tensors, ...extra],
    ...(writer.needsProgram === true ? { program: await programOf(model, { transfers }) } : {}),
  };
  const all = [...refusals, ...unsaid].map((problem) => `${chosen.path}: ${problem}`);
  const fileName = chosen.path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1)!;
  const plan =
    all.length > 0
      ? { files: [], bytes: 0 }
      : planOutput(chosen, writer, whole, { transfers, tensors, constants: missing }, { ...options.layout, fileName });
  return { plan: { ...chosen, transfers, tensors, constants: missing, ...plan }, refusals: all };
}

/** Chunks in flight, and the largest tensor where one is transposed. */
function memoryNeed(outputs: readonly OutputPlan[], chunkBytes: number): number {
  const whole = outputs.flatMap(({ transfers, tensors }) =>
    transfers
      .filter(({ steps }) => steps.some(({ kind }) => kind === 'transpose'))
      .map(({ role }) => Math.max(...tensors.filter((tensor) => tensor.role === role).map(wholeBytes))),
  );
  return 8 * chunkBytes + 3 * Math.max(0, ...whole);
}

async function checkDisk(outputs: readonly OutputPlan[], resume: boolean): Promise<readonly number[]> {
  const free: number[] = [];
  for (const { path, bytes } of outputs) {
    const left = await freeBytes(path);
    free.push(left);
    if (!resume && left < bytes)
      throw new LlmxError(
        'disk',
        `${path}: ${bytes} bytes are needed, ${left} are free`,
        'Free some space, choose a smaller type, or write to another disk',
      );
  }
  return free;
}

async function* hashAll(
  paths: readonly string[],
  signal: AbortSignal,
): Job<readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[]> {
  const digests: { path: string; bytes: number; sha256: string }[] = [];
  for (const path of paths) {
    await using source = await openFile(path);
    const hash = createHash('sha256');
    const step = 8 << 20;
    for (let offset = 0; offset < source.size; offset += step) {
      signal.throwIfAborted();
      hash.update(await source.read(offset, Math.min(step, source.size - offset), 'the file'));
      yield { type: 'progress', phase: 'hash', done: offset, total: source.size, unit: 'bytes' };
    }
    digests.push({ path, bytes: source.size, sha256: hash.digest('hex') });
  }
  return digests;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Everything up to the first byte. */
async function* prepare(
  checkpoint: Checkpoint,
  options: ConvertOptions,
): Job<{ readonly model: Model; readonly outputs: readonly OutputPlan[]; readonly free: readonly number[] }> {
  const model = await understand(checkpoint);
  const planned: { readonly plan: OutputPlan; readonly refusals: readonly string[] }[] = [];
  for (const chosen of options.outputs) planned.push(await planOne(model, chosen, options));
  const refusals = planned.flatMap((each) => each.refusals);
  if (refusals.length > 0) throw refusal('unsupported', refusals, 'Choose another format with --to, or convert less with --exclude');
  const outputs = planned.map(({ plan }) => plan);
  for (const output of outputs) {
    await checkDestination(output, output.files, options.force || options.dryRun);
    for (const { name, format, instead } of output.tensors)
      if (instead !== undefined && numberFormats[instead].blockLength > 1)
        yield {
          type: 'warning',
          code: 'type-changed',
          message: `${name}: ${numberFormats[format].name} in place of ${numberFormats[instead].name}, which does not fit`,
        };
  }
  const free = await checkDisk(outputs, options.resume || options.dryRun);
  yield { type: 'plan', plan: { outputs: outputs.map(planJson), memory_bytes: memoryNeed(outputs, options.chunkBytes), free_bytes: free } };
  return { model, outputs, free };
}

async function* write(checkpoint: Checkpoint, outputs: readonly OutputPlan[], options: ConvertOptions, signal: AbortSignal): Job<number> {
  for (const { path } of outputs)
    if ((await prepareStaging(path, options.resume)) && !options.resume)
      yield {
        type: 'warning',
        code: 'started-again',
        message: `${stagingOf(path)}: an unfinished conversion was removed; --resume would have gone on with it`,
      };
  try {
    await using journal = await openJournal(stagingOf(outputs[0]!.path), planDigest(checkpoint, outputs), options.resume);
    if (options.resume && journal.finished.size === 0)
      yield { type: 'warning', code: 'nothing-to-resume', message: 'no unfinished conversion of this plan: it begins anew' };
    await using targets = await openTargets(
      outputs.map(({ path }) => stagedFiles(path)),
      outputs,
    );
    const { resumed } = yield* execute(outputs, targets, journal, options, signal);
    await targets.finish();
    return resumed;
  } catch (error) {
    const kept = outputs.map(({ path }) => stagingOf(path)).join(', ');
    yield { type: 'warning', code: 'unfinished', message: `what is done is kept in ${kept}`, hint: 'The same command with --resume goes on' };
    throw error;
  }
}

/** Gates in the order in which they were given, the conversion's own promises first. */
function judgeAll(gates: readonly Gate[], { metrics }: Verification): readonly Extract<Event, { type: 'gate' }>[] {
  const own = promises.filter(({ metric }) => metrics[metric] !== undefined);
  return [...own, ...gates].map((gate) => judgeGate(gate, metrics[gate.metric] ?? NaN));
}

export async function* convert(options: ConvertOptions, signal: AbortSignal): Job<ConvertReport> {
  const gates = readGates(options);
  const checkpoint = yield* openReference(options);
  signal.throwIfAborted();
  const { model, outputs, free } = yield* prepare(checkpoint, options);
  const everything = outputs.flatMap(({ tensors }) => tensors);
  const common = {
    input: { reference: options.reference, path: checkpoint.path, format: checkpoint.format, bytes: totalBytes(checkpoint) },
    tensors: outputs[0]!.tensors.length,
    params: parameters(outputs[0]!.tensors),
    bytes_in: totalBytes(checkpoint),
    bytes_out: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    dtype_counts: typeCounts(everything),
    memory_bytes: memoryNeed(outputs, options.chunkBytes),
    free_bytes: free,
    dry_run: options.dryRun,
  };
  if (options.dryRun)
    return { ...common, output: outputs.map(planJson), resumed_bytes: 0, verify: null, gates: [], seconds: { write: 0, verify: 0, hash: 0 } };

  const began = performance.now();
  const resumed = yield* write(checkpoint, outputs, options, signal);
  const writeSeconds = seconds(began);

  const verifyBegan = performance.now();
  const verified: Verification[] = [];
  const { verify: thoroughness, selection, threads } = options;
  if (thoroughness !== 'none')
    for (const output of outputs) {
      signal.throwIfAborted();
      verified.push(yield* verify(model, stagedPath(output), { thoroughness, selection, threads }));
    }
  const verifySeconds = seconds(verifyBegan);

  const hashBegan = performance.now();
  const inputs = yield* hashAll(
    checkpoint.files.map(({ path }) => path),
    signal,
  );
  const hashes: (readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[])[] = [];
  for (const output of outputs)
    hashes.push(
      yield* hashAll(
        output.files.map(({ name }) => join(stagedFiles(output.path), name)),
        signal,
      ),
    );
  const hashSeconds = seconds(hashBegan);

  const judged: Extract<Event, { type: 'gate' }>[] = [];
  const written: JsonObject[] = [];
  for (const [index, output] of outputs.entries()) {
    await publish(output);
    const files = finalPaths(output).map((path, at) => ({ path, bytes: hashes[index]![at]!.bytes, sha256: hashes[index]![at]!.sha256 }));
    for (const file of files) yield { type: 'artifact', ...file };
    const result = verified[index];
    const events = result === undefined ? [] : judgeAll(gates, result);
    judged.push(...events);
    const body: JsonObject = {
      path: output.path,
      format: checkpointFormats[output.format].name,
      bytes: output.bytes,
      files,
      verify: result?.details ?? null,
    };
    written.push(body);
    await writeLineage(output, { inputs, output: body, options, gates: events });
    yield* events;
  }
  return {
    ...common,
    output: written,
    resumed_bytes: resumed,
    verify: verified.length === 0 ? null : { ...verified[0]!.metrics },
    gates: judged.map(({ name, value, limit, pass }) => ({ name, value, limit, pass })),
    seconds: { write: writeSeconds, verify: verifySeconds, hash: hashSeconds },
  };
}

interface Lineage {
  readonly inputs: readonly JsonObject[];
  readonly output: JsonObject;
  readonly options: ConvertOptions;
  readonly gates: readonly Extract<Event, { type: 'gate' }>[];
}

/** Where the file came from and how well it was made. It names no time, so that the same conversion gives the same lineage. */
async function writeLineage(plan: OutputPlan, { inputs, output, options, gates }: Lineage): Promise<void> {
  const { types, naming, layout, verify: thoroughness } = options;
  const body: JsonObject = {
    schema: 'llmx.lineage/1',
    llmx: options.version,
    command: 'convert',
    reference: options.reference,
    inputs,
    options: {
      type: types.format === undefined ? 'auto' : numberFormats[types.format].name,
      rules: types.rules.map(({ pattern, format }) => `${pattern.source}=${numberFormats[format].name}`),
      ...(naming.name === undefined ? {} : { name: naming.name }),
      layout: { ...layout },
      verify: thoroughness,
    },
    output,
    gates: gates.map(({ name, value, limit, pass }) => ({ name, value, limit, pass })),
  };
  const path = lineagePath(plan);
  await writeFile(path, `${JSON.stringify(body, null, 2)}\n`).catch((error: unknown) => Promise.reject(diskError(path, error)));
}
