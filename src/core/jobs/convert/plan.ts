// What a conversion will do, before it does anything: every target tensor, file and byte, and all that stands against it. Pure.
import type { JsonObject } from '../../base/event.js';
import { count } from '../../base/shape.js';
import { checkpointFormats, type CheckpointFormatKey } from '../../checkpoints/index.js';
import type { Dialect } from '../../checkpoints/checkpoint.js';
import { plannedFileBytes, type PlannedFile, type TensorPlan } from '../../checkpoints/planned-file.js';
import type { CheckpointFormat } from '../../checkpoints/format.js';
import type { CheckpointWriter, Contents, LayoutOptions } from '../../checkpoints/writer.js';
import { LlmxError } from '../../base/error.js';
import { transfersTo, type Transfer } from '../../families/transfer.js';
import type { Model } from '../../families/model.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import { bitsPerValue } from '../../numbers/number-format.js';
import { chooseFormat, type TypeChoice } from './formats.js';

export interface OutputChoice {
  /** As the user wrote it. */
  readonly path: string;
  readonly format: CheckpointFormatKey;
  /** A folder with files in it; else a file, with what belongs to it beside. */
  readonly isFolder: boolean;
  /** The folder of everything that is unfinished of it: remove it to give up, keep it for --resume. */
  readonly staging: string;
}

export interface TargetTensor extends TensorPlan {
  readonly role: string;
  readonly from: NumberFormatKey;
  /** What was wanted in place of `format` and did not fit. */
  readonly instead?: NumberFormatKey;
  /** Formulas of what is computed on the way; undefined where every value is moved as it is. */
  readonly computed?: string;
}

export interface OutputPlan extends OutputChoice {
  readonly files: readonly PlannedFile[];
  readonly transfers: readonly Transfer[];
  readonly tensors: readonly TargetTensor[];
  /** Roles that were left out by a pattern. */
  readonly leftOut: number;
  /** Tensors of the target that no tensor of the source holds, with their values. */
  readonly constants: ReadonlyMap<string, Float32Array>;
  readonly bytes: number;
}

export interface Selection {
  readonly include?: RegExp;
  readonly exclude?: RegExp;
  readonly vocabularyOnly: boolean;
}

export const writerOf = (format: CheckpointFormatKey): CheckpointWriter => {
  const row: CheckpointFormat = checkpointFormats[format];
  if (row.write === undefined) throw new LlmxError('usage', `${row.name} is read, not written`, 'Choose another format with --to');
  return row.write;
};

/** Whether only a part of the model is converted: it cannot be run. */
export const isPartial = ({ include, exclude, vocabularyOnly }: Selection): boolean =>
  vocabularyOnly || include !== undefined || exclude !== undefined;

const isWanted =
  ({ include, exclude, vocabularyOnly }: Selection) =>
  ({ role, targets, sources }: Transfer): boolean => {
    const named = (pattern: RegExp): boolean => [role, targets[0]!.name, sources[0]!.name].some((text) => pattern.test(text));
    return !vocabularyOnly && (include === undefined || named(include)) && (exclude === undefined || !named(exclude));
  };

const formulas = ({ steps }: Transfer): string | undefined => {
  const computed = steps.flatMap((step) => (step.kind === 'values' ? [step.formula] : []));
  return computed.length === 0 ? undefined : computed.join(', ');
};

/** A copy within a dialect keeps the order of its source, so that nothing moves that need not. */
function inSourceOrder({ checkpoint: { dialect, tensors } }: Model, target: Dialect, transfers: readonly Transfer[]): readonly Transfer[] {
  if (dialect !== target) return transfers;
  const places = new Map([...tensors.keys()].map((name, place) => [name, place]));
  const placeOf = ({ sources }: Transfer): number => places.get(sources[0]!.name) ?? 0;
  return [...transfers].sort((left, right) => placeOf(left) - placeOf(right));
}

/** The tensors of one target, with what each of them becomes. */
export function targetTensors(
  model: Model,
  writer: CheckpointWriter,
  choice: TypeChoice,
  selection: Selection,
): {
  readonly transfers: readonly Transfer[];
  readonly tensors: readonly TargetTensor[];
  readonly leftOut: number;
  readonly refusals: readonly string[];
} {
  const { transfers, refusals } = transfersTo(model, writer.dialect);
  const wanted = inSourceOrder(model, writer.dialect, transfers).filter(isWanted(selection));
  const tensors = wanted.flatMap((transfer): readonly TargetTensor[] => {
    const chosen = chooseFormat(transfer, writer, choice);
    const computed = formulas(transfer);
    return transfer.targets.map((target) => ({
      ...target,
      ...chosen,
      role: transfer.role,
      from: transfer.sources[0]!.format,
      ...(computed === undefined ? {} : { computed }),
    }));
  });
  return { transfers: wanted, tensors, leftOut: transfers.length - wanted.length, refusals: selection.vocabularyOnly ? [] : refusals };
}

export function planOutput(
  chosen: OutputChoice,
  writer: CheckpointWriter,
  contents: Contents,
  parts: Pick<OutputPlan, 'transfers' | 'tensors' | 'leftOut' | 'constants'>,
  options: LayoutOptions,
): OutputPlan {
  const files = writer.layout(contents, options);
  return { ...chosen, ...parts, files, bytes: files.reduce((sum, file) => sum + plannedFileBytes(file), 0) };
}

/** The number format of most values. */
export function mainFormat(tensors: readonly TensorPlan[]): NumberFormatKey | undefined {
  const values = new Map<NumberFormatKey, number>();
  for (const { format, shape } of tensors) values.set(format, (values.get(format) ?? 0) + count(shape));
  return [...values].sort(([, left], [, right]) => right - left)[0]?.[0];
}

/** Values a tensor at a time, and how many bits they cost on average. */
export function typeCounts(tensors: readonly TensorPlan[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { format } of tensors) counts[numberFormats[format].name] = (counts[numberFormats[format].name] ?? 0) + 1;
  return counts;
}

export const parameters = (tensors: readonly TensorPlan[]): number => tensors.reduce((sum, { shape }) => sum + count(shape), 0);

/** One output of a plan as data: for --dry-run and for the report. */
export const planJson = ({ path, format, files, tensors, bytes }: OutputPlan): JsonObject => ({
  path,
  format: checkpointFormats[format].name,
  bytes,
  bits_per_weight:
    tensors.length === 0
      ? null
      : tensors.reduce((sum, plan) => sum + count(plan.shape) * bitsPerValue(numberFormats[plan.format]), 0) / parameters(tensors),
  files: files.map((file) => ({ name: file.name, bytes: plannedFileBytes(file) })),
  tensors: tensors.map(({ name, role, shape, from, format: to, instead, computed }) => ({
    name,
    role,
    shape,
    from: numberFormats[from].name,
    to: numberFormats[to].name,
    ...(instead === undefined ? {} : { instead_of: numberFormats[instead].name }),
    ...(computed === undefined ? {} : { computed }),
  })),
});
