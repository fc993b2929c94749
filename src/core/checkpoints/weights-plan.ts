// Shards before they exist: which tensor goes into which file of a folder, what the files are called, and their index.
import { basename, extname } from 'node:path';
import type { LayoutOptions } from './writer.js';
import type { PlannedFile, TensorPlan } from './planned-file.js';
import { jsonFile } from './folder-files.js';
import { wholeBytes } from './split.js';

export interface PlannedShard {
  /** `model.safetensors`, or `model-00001-of-00003.safetensors`. */
  readonly name: string;
  readonly tensors: readonly TensorPlan[];
}

/**
 * Tensors in their order, a new shard before one that would go over a limit. One that is over the limit alone has a shard of its own,
 * which goes before the one that is being filled (as huggingface_hub splits, so that names agree).
 */
function split(
  tensors: readonly TensorPlan[],
  { splitBytes = Infinity, splitTensors = Infinity }: LayoutOptions,
): readonly (readonly TensorPlan[])[] {
  const shards: TensorPlan[][] = [];
  let current: TensorPlan[] = [];
  let bytes = 0;
  for (const tensor of tensors) {
    const size = wholeBytes(tensor);
    if (size > splitBytes) {
      shards.push([tensor]);
      continue;
    }
    if (bytes + size > splitBytes || current.length >= splitTensors) {
      shards.push(current);
      current = [];
      bytes = 0;
    }
    current.push(tensor);
    bytes += size;
  }
  if (current.length > 0 || shards.length === 0) shards.push(current);
  return shards;
}

/** `name`: of the file, if it is one. */
export function planShards(name: string, tensors: readonly TensorPlan[], options: LayoutOptions): readonly PlannedShard[] {
  const shards = split(tensors, options);
  if (shards.length === 1) return [{ name, tensors: shards[0]! }];
  const suffix = extname(name);
  const stem = basename(name, suffix);
  const number = (value: number): string => String(value).padStart(5, '0');
  return shards.map((members, index) => ({ name: `${stem}-${number(index + 1)}-of-${number(shards.length)}${suffix}`, tensors: members }));
}

/** The index of several shards; none for one file. `namesOf`: what a tensor is called in a file, where its planes have names of their own. */
export function shardIndex(
  name: string,
  shards: readonly PlannedShard[],
  namesOf: (tensor: TensorPlan) => readonly string[] = ({ name }) => [name],
): readonly PlannedFile[] {
  if (shards.length < 2) return [];
  const all = shards.flatMap(({ name: shard, tensors }) => tensors.map((tensor) => ({ shard, tensor })));
  return [
    jsonFile(`${name}.index.json`, {
      metadata: { total_size: all.reduce((sum, { tensor }) => sum + wholeBytes(tensor), 0) },
      weight_map: Object.fromEntries(all.flatMap(({ shard, tensor }) => namesOf(tensor).map((each) => [each, shard] as const))),
    }),
  ];
}
