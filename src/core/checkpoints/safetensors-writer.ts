// Writes one safetensors file: header, then each tensor's bytes as they come.
import { LlmxError } from '../base/error.js';
import { numberFormats } from '../numbers/index.js';
import { checkedData, plannedBytes, writeFileInParts, type TensorData, type TensorPlan } from './write-file.js';

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
