// What a conversion is asked for, held against what its outputs can do. Options that nobody would obey are refused, or told.
import { LlmxError } from '../../base/error.js';
import type { Event } from '../../base/event.js';
import { checkpointFormats } from '../../checkpoints/index.js';
import type { LayoutOption } from '../../checkpoints/writer.js';
import { numberFormats } from '../../numbers/index.js';
import { foldedNames, writtenNames } from './formats.js';
import type { ConvertOptions } from './options.js';
import { writerOf, type OutputChoice, type OutputPlan } from './plan.js';

/** One line for each type that gave way to another. */
export function* tellChanged({ path, tensors }: OutputPlan): Generator<Event, void, void> {
  const changed = tensors.filter(({ instead }) => instead !== undefined && numberFormats[instead].blockLength > 1);
  const ways = new Map<string, string[]>();
  for (const { name, shape, format, instead } of changed) {
    const { name: wanted, blockLength } = numberFormats[instead!];
    const columns = shape.at(-1) ?? 1;
    const why = columns % blockLength === 0 ? 'which the format does not hold' : `whose blocks of ${blockLength} do not divide rows of ${columns}`;
    const way = `${numberFormats[format].name} in place of ${wanted}, ${why},`;
    const known = ways.get(way);
    if (known === undefined) ways.set(way, [name]);
    else known.push(name);
  }
  for (const [way, names] of ways)
    yield {
      type: 'warning',
      code: 'type-changed',
      message: `${path}: ${way} for ${names.length === 1 ? names[0] : `${names.length} tensors (${names[0]}, ...)`}`,
    };
}

/** Users know the options by these names. */
const layoutFlags: Readonly<Record<LayoutOption, string>> = {
  splitBytes: '--split-max-size',
  splitTensors: '--split-max-tensors',
  opset: '--opset',
  externalData: '--external-data',
};

const nameOf = (format: OutputChoice['format']): string => checkpointFormats[format].name;

/** Options that no output obeys: to ignore them would be a surprise. */
export function checkOptions({ outputs, naming, layout, selection, types: { format } }: ConvertOptions): void {
  const writers = outputs.map((output) => writerOf(output.format));
  const names = outputs.map((output) => nameOf(output.format)).join(', ');
  if (Object.keys(naming.metadata).length > 0 && !writers.some(({ hasMetadata }) => hasMetadata))
    throw new LlmxError('usage', '--metadata adds keys to GGUF files, and none is written', 'Leave it out, or convert --to gguf');
  for (const [option, flag] of Object.entries(layoutFlags) as [LayoutOption, string][])
    if (layout[option] !== undefined && !writers.some(({ obeys }) => obeys.includes(option)))
      throw new LlmxError('usage', `${flag} has nothing to say to ${names}`, 'Leave it out, or choose another format with --to');
  if (format !== undefined && !writers.some(({ holds }) => holds(format)))
    throw new LlmxError('usage', `${names} holds no ${numberFormats[format].name}`, `It holds ${foldedNames(writtenNames(writers[0]!.holds))}`);
  const full = selection.vocabularyOnly ? outputs.find((output) => writerOf(output.format).mayBeEmpty !== true) : undefined;
  if (full !== undefined)
    throw new LlmxError(
      'usage',
      `--vocab-only: ${nameOf(full.format)} needs tensors`,
      'Choose another format, such as --to gguf or --to safetensors',
    );
}

export function checkSelected(outputs: readonly OutputPlan[], { include, exclude, vocabularyOnly }: ConvertOptions['selection']): void {
  if (vocabularyOnly || (include === undefined && exclude === undefined) || outputs.every(({ tensors }) => tensors.length > 0)) return;
  const flags = [
    ...(include === undefined ? [] : [`--include ${include.source}`]),
    ...(exclude === undefined ? [] : [`--exclude ${exclude.source}`]),
  ];
  throw new LlmxError(
    'usage',
    `${flags.join(' ')}: nothing is left to convert`,
    'llmx inspect --tensors lists the names; --vocab-only converts none of them',
  );
}

/** Patterns without a match: a slip, or meant for another model. */
export function* tellUnused(
  outputs: readonly OutputPlan[],
  { selection: { exclude, vocabularyOnly }, types }: ConvertOptions,
): Generator<Event, void, void> {
  const names = outputs.flatMap(({ tensors }) => tensors.flatMap(({ name, role }) => [name, role]));
  const unused = [
    ...types.rules.filter(({ pattern }) => !names.some((name) => pattern.test(name))).map(({ pattern }) => `--dtype-map ${pattern.source}`),
    ...(exclude === undefined || outputs.some(({ leftOut }) => leftOut > 0) ? [] : [`--exclude ${exclude.source}`]),
  ];
  if (vocabularyOnly) return;
  for (const flag of unused)
    yield { type: 'warning', code: 'pattern-unused', message: `${flag} matches no tensor`, hint: 'llmx inspect --tensors lists the names' };
}
