// `*.safetensors.index.json`: which shard holds which tensor. Shards stay inside the folder of their index.
import { dirname, join } from 'node:path';
import { quoted } from '../text/quoted.js';
import { malformed, readWhole } from './files.js';
import { isObject, parseJsonObject } from './json.js';
import { readSafetensorsFile, type SafetensorsFile } from './safetensors-file.js';

const longestIndex = 100_000_000;
const mostShards = 4096;

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

/** All shards, in the order of their names, each checked against the index. */
export async function readShards(indexPath: string): Promise<readonly SafetensorsFile[]> {
  const shards = [...(await readIndex(indexPath))].sort(([left], [right]) => (left < right ? -1 : 1));
  const read: SafetensorsFile[] = [];
  const seen = new Set<string>();
  for (const [file, names] of shards) {
    const shard = await readSafetensorsFile(join(dirname(indexPath), file));
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
