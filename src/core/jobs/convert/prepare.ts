// Everything up to the first byte: targets planned, and held against the disk and what lies there.
import { basename } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Event, Job } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { wholeBytes } from '../../checkpoints/split.js';
import { understand, type Model } from '../../families/model.js';
import { refusal } from '../../families/refusal.js';
import { targetProgram } from '../../families/target-program.js';
import { numberFormats } from '../../numbers/index.js';
import { describe, widenedOf } from './contents.js';
import { planDigest } from './journal.js';
import type { TypeChoice } from './formats.js';
import type { ConvertOptions } from './options.js';
import { planJson, planOutput, targetTensors, writerOf, type OutputChoice, type OutputPlan } from './plan.js';
import { takeBack } from './publish.js';
import { checkDestination, checkIdle, freeBytes, stagedBytes } from './staging.js';

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
    ...(writer.needsProgram === true ? { program: await targetProgram(model, writer.dialect, transfers, tensors) } : {}),
  };
  const all = [...refusals, ...unsaid].map((problem) => `${chosen.path}: ${problem}`);
  const plan =
    all.length > 0
      ? { files: [], bytes: 0 }
      : planOutput(
          chosen,
          writer,
          whole,
          { transfers, tensors, constants: missing },
          { ...options.layout, ...(chosen.isFolder ? {} : { fileName: basename(chosen.path) }) },
        );
  return { plan: { ...chosen, transfers, tensors, constants: missing, ...plan }, refusals: all };
}

/** Chunks in flight, and the largest tensor where one is transposed. */
export function memoryNeed(outputs: readonly OutputPlan[], chunkBytes: number): number {
  const whole = outputs.flatMap(({ transfers, tensors }) =>
    transfers
      .filter(({ steps }) => steps.some(({ kind }) => kind === 'transpose'))
      .map(({ role }) => Math.max(...tensors.filter((tensor) => tensor.role === role).map(wholeBytes))),
  );
  return 8 * chunkBytes + 3 * Math.max(0, ...whole);
}

async function checkDisk(outputs: readonly OutputPlan[], resume: boolean): Promise<void> {
  for (const output of outputs) {
    const needed = output.bytes - (resume ? await stagedBytes(output) : 0);
    const left = await freeBytes(output.path);
    if (left < needed)
      throw new LlmxError(
        'disk',
        `${output.path}: ${needed} bytes are needed, ${left} are free`,
        'Free some space, choose a smaller type, or write to another disk',
      );
  }
}

/** One line for each type that gave way to another. */
function* tellChanged({ path, tensors }: OutputPlan): Generator<Event, void, void> {
  const changed = tensors.flatMap((tensor) => (tensor.instead !== undefined && numberFormats[tensor.instead].blockLength > 1 ? [tensor] : []));
  const ways = new Map<string, string[]>();
  for (const { name, format, instead } of changed) {
    const way = `${numberFormats[format].name} in place of ${numberFormats[instead!].name}`;
    const known = ways.get(way);
    if (known === undefined) ways.set(way, [name]);
    else known.push(name);
  }
  for (const [way, names] of ways)
    yield {
      type: 'warning',
      code: 'type-changed',
      message: `${path}: ${way}, which does not fit, for ${names.length === 1 ? names[0] : `${names.length} tensors (${names[0]}, ...)`}`,
    };
}

export interface Prepared {
  readonly model: Model;
  readonly outputs: readonly OutputPlan[];
  /** Of the plan. */
  readonly digest: string;
  /** What lies at the outputs may be replaced. */
  readonly force: boolean;
  /** Bytes that each output's disk has left. */
  readonly free: readonly number[];
}

/** Whether the outputs may be written where they shall lie. A dry run is told what would stand in the way. */
async function* check(
  { checkpoint, outputs, force }: Pick<Prepared, 'outputs' | 'force'> & { readonly checkpoint: Checkpoint },
  { dryRun, resume }: ConvertOptions,
): Job<void> {
  const sources = checkpoint.files.map(({ path }) => path);
  try {
    for (const output of outputs) await checkDestination(output, sources, force);
    await checkDisk(outputs, resume);
  } catch (error) {
    if (!dryRun || !(error instanceof LlmxError)) throw error;
    yield { type: 'warning', code: 'would-be-refused', message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** Everything up to the first byte. */
export async function* prepare(checkpoint: Checkpoint, options: ConvertOptions): Job<Prepared> {
  const { metadata } = options.naming;
  if (Object.keys(metadata).length > 0 && options.outputs.every(({ format }) => writerOf(format).hasMetadata !== true))
    throw new LlmxError('usage', '--metadata adds keys to GGUF files, and none is written', 'Leave it out, or convert --to gguf');
  const model = await understand(checkpoint);
  const planned: { readonly plan: OutputPlan; readonly refusals: readonly string[] }[] = [];
  for (const chosen of options.outputs) planned.push(await planOne(model, chosen, options));
  const refusals = planned.flatMap((each) => each.refusals);
  if (refusals.length > 0) throw refusal('unsupported', refusals, 'Choose another format with --to, or convert less with --exclude');
  const outputs = planned.map(({ plan }) => plan);
  for (const output of outputs) yield* tellChanged(output);
  const digest = await planDigest(checkpoint, outputs);
  for (const { path } of outputs) await checkIdle(path);
  const force = options.force || (options.resume && !options.dryRun && (await takeBack(outputs, digest)));
  yield* check({ checkpoint, outputs, force }, options);
  const free = await Promise.all(outputs.map(({ path }) => freeBytes(path)));
  yield { type: 'plan', plan: { outputs: outputs.map(planJson), memory_bytes: memoryNeed(outputs, options.chunkBytes), free_bytes: free } };
  return { model, outputs, digest, force, free };
}
