// Everything up to the first byte: targets planned, and held against the disk and what lies there.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Job } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { gatherStripe } from '../../backends/native/transfer.js';
import { isMounted } from '../../checkpoints/mounts.js';
import { diskError } from '../../checkpoints/write-file.js';
import { wholeBytes } from '../../checkpoints/split.js';
import { understand, type Model } from '../../families/model.js';
import { refusal } from '../../families/refusal.js';
import { targetProgram } from '../../families/target-program.js';
import { checkOptions, checkSelected, tellChanged, tellUnused } from './check-options.js';
import { describe, widenedOf } from './contents.js';
import { planDigest } from './journal.js';
import type { TypeChoice } from './formats.js';
import type { ConvertOptions } from './options.js';
import { isPartial, planJson, planOutput, targetTensors, writerOf, type OutputChoice, type OutputPlan } from './plan.js';
import { takeBack } from './publish.js';
import { checkDestination, checkIdle, diskOf, finalPaths, freeBytes, lineagePath, stagedBytes } from './staging.js';

async function planOne(
  model: Model,
  chosen: OutputChoice,
  options: ConvertOptions,
): Promise<{ readonly plan: OutputPlan; readonly refusals: readonly string[] }> {
  const writer = writerOf(chosen.format);
  const choice: TypeChoice = { ...options.types, widened: widenedOf(model) };
  const { refusals, ...parts } = targetTensors(model, writer, choice, options.selection);
  const { transfers, tensors } = parts;
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
          { ...parts, constants: missing },
          { ...options.layout, ...(chosen.isFolder ? {} : { fileName: basename(chosen.path) }) },
        );
  return { plan: { ...chosen, ...parts, constants: missing, ...plan }, refusals: all };
}

/** Parts that are under way at once, and what each takes on its whole way, in bytes of a chunk. */
const partsInMemory = 6 * 3;

/** What is on its way at once; and the largest tensor that is transposed, three times, where its columns cannot be read by themselves. */
function memoryNeed(outputs: readonly OutputPlan[], chunkBytes: number, isRemote: boolean): number {
  if (!isRemote && gatherStripe() !== undefined) return partsInMemory * chunkBytes;
  const whole = outputs.flatMap(({ transfers, tensors }) =>
    transfers
      .filter(({ steps }) => steps.some(({ kind }) => kind === 'transpose'))
      .map(({ role }) => Math.max(...tensors.filter((tensor) => tensor.role === role).map(wholeBytes))),
  );
  return partsInMemory * chunkBytes + 3 * Math.max(0, ...whole);
}

/** Outputs on one disk share what is free there. What is unfinished there is gone on with, or goes. */
async function checkDisk(outputs: readonly OutputPlan[]): Promise<void> {
  const needs = new Map<number, { needed: number; readonly outputs: OutputPlan[] }>();
  for (const output of outputs) {
    const disk = await diskOf(output);
    const need = needs.get(disk) ?? { needed: 0, outputs: [] };
    need.needed += output.bytes - (await stagedBytes(output));
    need.outputs.push(output);
    needs.set(disk, need);
  }
  for (const { needed, outputs: sharing } of needs.values()) {
    const left = await freeBytes(sharing[0]!);
    if (left < needed)
      throw new LlmxError(
        'disk',
        `${sharing.map(({ path }) => path).join(', ')}: ${needed} bytes are needed, ${left} are free`,
        'Free some space, choose a smaller type, or write to another disk',
      );
  }
}

export interface Prepared {
  readonly model: Model;
  readonly outputs: readonly OutputPlan[];
  /** Of the plan. */
  readonly digest: string;
  /** Bytes that are on their way at once, at most. */
  readonly memory: number;
  /** Bytes that each output's disk has left. */
  readonly free: readonly number[];
}

/** Everything that a model is read from: of a folder, whatever lies in it beside the weights. */
async function sourceFiles({ files, dialect }: Checkpoint): Promise<readonly string[]> {
  const paths = files.map(({ path }) => path);
  if (dialect !== 'huggingface' || paths.length === 0 || isMounted(paths[0]!)) return paths;
  const folder = dirname(paths[0]!);
  return [...paths, ...(await readdir(folder)).map((name) => join(folder, name))];
}

/** Two outputs that would write one file. */
function checkApart(outputs: readonly OutputPlan[]): void {
  const owners = new Map<string, string>();
  for (const output of outputs)
    for (const path of [...finalPaths(output), lineagePath(output)].map((each) => resolve(each))) {
      const owner = owners.get(path);
      if (owner !== undefined) throw new LlmxError('usage', `${owner} and ${output.path} would both write ${path}`, 'Give each a folder of its own');
      owners.set(path, output.path);
    }
}

/** Whether the outputs may be written where they shall lie. A dry run is told what would stand in the way. */
async function* check(checkpoint: Checkpoint, outputs: readonly OutputPlan[], { dryRun, force }: ConvertOptions): Job<void> {
  try {
    const sources = await sourceFiles(checkpoint);
    for (const output of outputs) await checkDestination(output, sources, force);
    await checkDisk(outputs);
  } catch (thrown) {
    const error = diskError(outputs[0]!.path, thrown);
    if (!dryRun || !(error instanceof LlmxError)) throw error;
    yield { type: 'warning', code: 'would-be-refused', message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** Everything up to the first byte. */
export async function* prepare(checkpoint: Checkpoint, options: ConvertOptions): Job<Prepared> {
  checkOptions(options);
  const model = await understand(checkpoint, { partial: isPartial(options.selection) });
  const planned: { readonly plan: OutputPlan; readonly refusals: readonly string[] }[] = [];
  for (const chosen of options.outputs) planned.push(await planOne(model, chosen, options));
  const refusals = planned.flatMap((each) => each.refusals);
  if (refusals.length > 0) throw refusal('unsupported', refusals, 'Choose another format with --to');
  const outputs = planned.map(({ plan }) => plan);
  checkSelected(outputs, options.selection);
  checkApart(outputs);
  yield* tellUnused(outputs, options);
  for (const output of outputs) yield* tellChanged(output);
  const digest = await planDigest(checkpoint, outputs);
  for (const output of outputs) await checkIdle(output);
  if (options.resume && !options.dryRun) await takeBack(outputs, digest);
  yield* check(checkpoint, outputs, options);
  const memory = memoryNeed(outputs, options.chunkBytes, isMounted(checkpoint.path));
  const free = await Promise.all(outputs.map(freeBytes));
  yield { type: 'plan', plan: { outputs: outputs.map(planJson), memory_bytes: memory, free_bytes: free } };
  return { model, outputs, digest, memory, free };
}
