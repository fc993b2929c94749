// Writes safetensors: one file at once from bytes as they come, and the layout of a Hugging Face folder, whole or in shards.
import { LlmxError } from '../base/error.js';
import { numberFormats } from '../numbers/index.js';
import { folderFiles, jsonFile } from './folder-files.js';
import type { PlannedFile, TensorPlan } from './planned-file.js';
import { splitSuffix, splitTensors } from './split.js';
import { checkedData, plannedBytes, writeFileInParts, type TensorData } from './write-file.js';
import type { CheckpointWriter, Contents, LayoutOptions } from './writer.js';

interface SafetensorsContents {
  readonly tensors: readonly TensorPlan[];
  /** Strings for `__metadata__`; Transformers asks for `format: pt`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Wide values first, then by name, as the reference writer does: so every tensor lies aligned to its values. */
function safetensorsOrder(tensors: readonly TensorPlan[]): readonly TensorPlan[] {
  const width = ({ format }: TensorPlan): number => numberFormats[format].planes[0]!.blockBytes;
  return [...tensors].sort((left, right) => width(right) - width(left) || (left.name < right.name ? -1 : 1));
}

/** The length and the JSON of the header for tensors that will lie in the order given. */
function safetensorsHeader({ tensors, metadata = { format: 'pt' } }: SafetensorsContents): Uint8Array {
  let offset = 0;
  const entries = tensors.map((plan): [string, unknown] => {
    const dtype = numberFormats[plan.format].safetensors;
    if (dtype === undefined)
      throw new LlmxError(
        'unsupported',
        `${plan.name}: safetensors has no dtype for ${numberFormats[plan.format].name}`,
        'Choose f32, f16 or bf16 for this tensor',
      );
    const begin = offset;
    offset += plannedBytes(plan);
    return [plan.name, { dtype, shape: plan.shape, data_offsets: [begin, offset] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries])));
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, 0x20);
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  return header;
}

async function* parts(contents: SafetensorsContents, data: TensorData): AsyncGenerator<Uint8Array, void, void> {
  yield safetensorsHeader(contents);
  for (const plan of contents.tensors) yield* checkedData(plan, data);
}

/** Writes a file in one pass and returns its size. */
export function writeSafetensors(path: string, contents: SafetensorsContents, data: TensorData): Promise<number> {
  const ordered = { ...contents, tensors: safetensorsOrder(contents.tensors) };
  return writeFileInParts(path, parts(ordered, data));
}

const weightsFile = (name: string, tensors: readonly TensorPlan[], metadata: Readonly<Record<string, string>>): PlannedFile => {
  const ordered = safetensorsOrder(tensors);
  return {
    name,
    pieces: [
      { kind: 'bytes', bytes: safetensorsHeader({ tensors: ordered, metadata }) },
      ...ordered.map((tensor) => ({ kind: 'tensor', tensor, plane: 0 }) as const),
    ],
  };
};

/** `model.safetensors`, or shards and their index, as Transformers names them. */
export function safetensorsFiles(
  tensors: readonly TensorPlan[],
  metadata: Readonly<Record<string, string>>,
  options: LayoutOptions,
): readonly PlannedFile[] {
  const groups = splitTensors(tensors, options);
  if (groups.length === 1) return [weightsFile('model.safetensors', groups[0]!, metadata)];
  const nameOf = (index: number): string => `model${splitSuffix(index, groups.length)}.safetensors`;
  const places = groups.flatMap((group, index) => group.map(({ name }) => [name, nameOf(index)] as const));
  const index = {
    metadata: { total_size: tensors.reduce((sum, plan) => sum + plannedBytes(plan), 0) },
    weight_map: Object.fromEntries(places.sort(([left], [right]) => (left < right ? -1 : 1))),
  };
  return [...groups.map((group, at) => weightsFile(nameOf(at), group, metadata)), jsonFile('model.safetensors.index.json', index, true)];
}

export const safetensorsWriter: CheckpointWriter = {
  dialect: 'huggingface',
  output: 'folder',
  suffixes: [],
  holds: (format) => 'safetensors' in numberFormats[format],
  layout: (contents: Contents, options) => [...folderFiles(contents), ...safetensorsFiles(contents.tensors, { format: 'pt' }, options)],
};
