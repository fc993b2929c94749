// `*.index.json` of a folder's weights: which shard holds which tensor. Shards stay inside the folder of their index.
import { dirname, join } from 'node:path';
import { quoted } from '../text/quoted.js';
import type { Tensor } from './checkpoint.js';
import { malformed, readWhole } from './files.js';
import { isObject, parseJsonObject } from './json.js';

const longestIndex = 100_000_000;
const mostShards = 4096;

/** One file of weights: headers that have been read and checked. */
export interface WeightsFile {
  readonly path: string;
  readonly bytes: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Name to the format's own spelling of the tensors that llmx cannot decode. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Those of 32-bit words among them, where the format has such: packed codes, to whom knows what they mean. */
  readonly words?: ReadonlyMap<string, Tensor>;
}

/** The shards that an index names, each with the tensors that it must hold. */
async function readIndex(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const index = parseJsonObject(path, await readWhole(path, longestIndex), { depth: 8 });
  const places = index['weight_map'];
  if (!isObject(places)) throw malformed(path, 'weight_map is missing or not an object');
  const shards = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(places)) {
    if (typeof file !== 'string') throw malformed(path, `the shard of ${quoted(tensor)} is not a file name`);
    const named = shards.get(file);
    if (named) named.push(tensor);
    else shards.set(file, [tensor]);
  }
  if (shards.size === 0) throw malformed(path, 'weight_map names no shard');
  if (shards.size > mostShards) throw malformed(path, `weight_map names ${shards.size} shards, more than ${mostShards}`);
  for (const file of shards.keys()) if (!staysInside(file)) throw malformed(path, `the shard ${quoted(file)} is not a name inside the folder`);
  return shards;
}

const staysInside = (file: string): boolean =>
  !/[\\:\0-\x1f\x7f]/.test(file) && file.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** All shards as `readFile` gives them, in the order of their names, each checked against the index. */
export async function readShards(indexPath: string, readFile: (path: string) => Promise<WeightsFile>): Promise<readonly WeightsFile[]> {
  const shards = [...(await readIndex(indexPath))].sort(([left], [right]) => (left < right ? -1 : 1));
  const read: WeightsFile[] = [];
  const seen = new Set<string>();
  for (const [file, names] of shards) {
    const shard = await readFile(join(dirname(indexPath), file));
    for (const name of names)
      if (!shard.tensors.has(name) && !shard.skipped.has(name))
        throw malformed(shard.path, `${quoted(name)} is missing, which the index expects here`);
    for (const name of [...shard.tensors.keys(), ...shard.skipped.keys()]) {
      if (seen.has(name)) throw malformed(shard.path, `the tensor ${quoted(name)} stands in an earlier shard too`);
      seen.add(name);
    }
    read.push(shard);
  }
  return read;
}
