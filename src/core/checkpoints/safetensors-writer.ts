// Writes safetensors: one file at once from bytes as they come, and the layout of a Hugging Face folder, whole or in shards.
import { LlmxError } from '../base/error.js';
import { numberFormats } from '../numbers/index.js';
import type { NumberFormat } from '../numbers/number-format.js';
import { folderFiles } from './folder-files.js';
import { tensorBytes, type PlannedFile, type TensorPlan } from './planned-file.js';
import { planShards, shardIndex } from './weights-plan.js';
import { checkedData, plannedBytes, writeFileInParts, type TensorData } from './write-file.js';
import type { CheckpointWriter, Contents, LayoutOptions } from './writer.js';

interface SafetensorsContents {
  readonly tensors: readonly TensorPlan[];
  /** Strings for `__metadata__`; Transformers asks for `format: pt`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What the header says of a run of bytes: a tensor, or one plane of a tensor that has several. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly tensor: TensorPlan;
  readonly plane: number;
}

/** Bytes of a value, for the order: the words of packed codes count as one. */
const widths: Readonly<Record<string, number>> = { F32: 4, U32: 4, F16: 2, BF16: 2 };

/** Wide values first, then by name, as the reference writer does: so every tensor lies aligned to its values. */
const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((left, right) => (widths[right.dtype] ?? 1) - (widths[left.dtype] ?? 1) || (left.name < right.name ? -1 : 1));

/** A tensor of one plane is one entry; of several, words of codes under its own name and vectors under their planes' names. */
function entriesOf(tensor: TensorPlan): readonly Entry[] {
  const { name, shape, format } = tensor;
  const row: NumberFormat = numberFormats[format];
  if (row.planes.length > 1) return planeEntries(tensor, row);
  if (row.safetensors === undefined)
    throw new LlmxError('unsupported', `${name}: safetensors has no dtype for ${row.name}`, 'Choose f32, f16 or bf16 for this tensor');
  return [{ name, dtype: row.safetensors, shape, bytes: plannedBytes(tensor), tensor, plane: 0 }];
}

function planeEntries(tensor: TensorPlan, row: NumberFormat): readonly Entry[] {
  const rows = tensor.shape.slice(0, -1);
  const stem = tensor.name.replace(/\.weight$/, '');
  return row.planes.map(({ name }, plane) => {
    const bytes = tensorBytes(tensor, plane);
    const isCodes = plane === 0;
    const dtype = isCodes ? 'U32' : row.planeType!;
    const width = bytes / (isCodes ? 4 : 2) / rows.reduce((product, side) => product * side, 1);
    return { name: `${stem}.${name}`, dtype, shape: [...rows, width], bytes, tensor, plane };
  });
}

/** The length and the JSON of the header for entries that will lie in the order given. */
function safetensorsHeader(entries: readonly Entry[], metadata: Readonly<Record<string, string>> = { format: 'pt' }): Uint8Array {
  let offset = 0;
  const fields = entries.map(({ name, dtype, shape, bytes }): [string, unknown] => [
    name,
    { dtype, shape, data_offsets: [offset, (offset += bytes)] },
  ]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...fields])));
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, 0x20);
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  return header;
}

async function* parts({ tensors, metadata }: SafetensorsContents, data: TensorData): AsyncGenerator<Uint8Array, void, void> {
  const entries = inOrder(tensors.flatMap(entriesOf));
  yield safetensorsHeader(entries, metadata);
  for (const { tensor } of entries) yield* checkedData(tensor, data);
}

/** Writes a file of formats of one plane in one pass, and returns its size. */
export function writeSafetensors(path: string, contents: SafetensorsContents, data: TensorData): Promise<number> {
  return writeFileInParts(path, parts(contents, data));
}

function weightsFile(name: string, tensors: readonly TensorPlan[], metadata: Readonly<Record<string, string>>): PlannedFile {
  const entries = inOrder(tensors.flatMap(entriesOf));
  return {
    name,
    pieces: [
      { kind: 'bytes', bytes: safetensorsHeader(entries, metadata) },
      ...entries.map(({ tensor, plane }) => ({ kind: 'tensor', tensor, plane }) as const),
    ],
  };
}

const usualName = 'model.safetensors';

/** `model.safetensors`, or shards and their index, as Transformers names them. */
export function safetensorsFiles(
  tensors: readonly TensorPlan[],
  metadata: Readonly<Record<string, string>>,
  { fileName = usualName, ...limits }: LayoutOptions,
): readonly PlannedFile[] {
  const shards = planShards(fileName, tensors, limits);
  return [
    ...shards.map((shard) => weightsFile(shard.name, shard.tensors, metadata)),
    ...shardIndex(fileName, shards, (tensor) => entriesOf(tensor).map(({ name }) => name)),
  ];
}

export const safetensorsWriter: CheckpointWriter = {
  dialect: 'huggingface',
  output: 'either',
  suffixes: ['.safetensors'],
  isUsualFolder: true,
  mayBeEmpty: true,
  obeys: ['splitBytes', 'splitTensors'],
  holds: (format) => 'safetensors' in numberFormats[format],
  layout: (contents: Contents, options) => [...safetensorsFiles(contents.tensors, { format: 'pt' }, options), ...folderFiles(contents)],
};
