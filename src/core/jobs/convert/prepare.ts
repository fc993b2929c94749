// Everything up to the first byte: targets planned, and held against the disk and what lies there.
import { LlmxError } from '../../base/error.js';
import type { Event, Job } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { wholeBytes } from '../../checkpoints/split.js';
import { understand, type Model } from '../../families/model.js';
import { refusal } from '../../families/refusal.js';
import { targetProgram } from '../../families/target-program.js';
import { numberFormats } from '../../numbers/index.js';
import { describe, widenedOf } from './contents.js';
import type { TypeChoice } from './formats.js';
import type { ConvertOptions } from './options.js';
import { planJson, planOutput, targetTensors, writerOf, type OutputChoice, type OutputPlan } from './plan.js';
import { checkDestination, freeBytes } from './staging.js';

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
export function memoryNeed(outputs: readonly OutputPlan[], chunkBytes: number): number {
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

/** Everything up to the first byte. */
export async function* prepare(
  checkpoint: Checkpoint,
  options: ConvertOptions,
): Job<{ readonly model: Model; readonly outputs: readonly OutputPlan[]; readonly free: readonly number[] }> {
  const { metadata } = options.naming;
  if (Object.keys(metadata).length > 0 && options.outputs.every(({ format }) => writerOf(format).hasMetadata !== true))
    throw new LlmxError('usage', '--metadata adds keys to GGUF files, and none is written', 'Leave it out, or convert --to gguf');
  const model = await understand(checkpoint);
  const planned: { readonly plan: OutputPlan; readonly refusals: readonly string[] }[] = [];
  for (const chosen of options.outputs) planned.push(await planOne(model, chosen, options));
  const refusals = planned.flatMap((each) => each.refusals);
  if (refusals.length > 0) throw refusal('unsupported', refusals, 'Choose another format with --to, or convert less with --exclude');
  const outputs = planned.map(({ plan }) => plan);
  for (const output of outputs) {
    await checkDestination(output, output.files, options.force || options.dryRun);
    yield* tellChanged(output);
  }
  const free = await checkDisk(outputs, options.resume || options.dryRun);
  yield { type: 'plan', plan: { outputs: outputs.map(planJson), memory_bytes: memoryNeed(outputs, options.chunkBytes), free_bytes: free } };
  return { model, outputs, free };
}
