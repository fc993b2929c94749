// A Hugging Face folder: config.json, weights in one file or in shards, and what lies beside them. How the weights are stored is the format's.
import { basename, dirname, join } from 'node:path';
import type { LlmxError } from '../base/error.js';
import type { Checkpoint, Tensor } from './checkpoint.js';
import { listFolder } from './files.js';
import { readFolderAssets } from './folder.js';
import type { PathFacts } from './format.js';
import { readShards, type WeightsFile } from './weights-shards.js';

/** How a format names its files in a folder, and reads one. */
export interface WeightsNaming {
  /** The usual name of the only file: `model.safetensors`. */
  readonly single: string;
  /** End of the name of an index of shards: `.safetensors.index.json`. */
  readonly indexSuffix: string;
  /** A shard's name; the first group is what stands before its number. */
  readonly shard: RegExp;
  /** True for other names that weights in one file may have. */
  isWeights(name: string): boolean;
  readFile(path: string): Promise<WeightsFile>;
  /** The error for a folder in which nothing is to be read. */
  noWeights(folder: string, names: readonly string[]): LlmxError;
}

/** The file or index that holds a folder's weights: the usual names first, else the only candidate. */
export function weightsName(names: readonly string[], { single, indexSuffix, shard, isWeights }: WeightsNaming): string | undefined {
  const usual = [single, single.replace(/\.\w+$/, '') + indexSuffix].find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  const candidates = names.filter((name) => name.endsWith(indexSuffix) || (isWeights(name) && !shard.test(name)));
  return candidates.length === 1 ? candidates[0] : undefined;
}

interface Located {
  readonly folder: string;
  readonly names: readonly string[];
  readonly weights: string;
}

/** Folder, its names, and which of them to read: a file that was named, or the folder's own. */
async function locate(facts: PathFacts, naming: WeightsNaming): Promise<Located> {
  const folder = facts.folder ? facts.path : dirname(facts.path);
  const names = facts.folder ?? (await listFolder(folder));
  const named = facts.folder ? undefined : basename(facts.path);
  const shard = named === undefined ? null : naming.shard.exec(named);
  const index = `${shard?.[1]}${naming.indexSuffix}`;
  const weights = shard && names.includes(index) ? index : (named ?? weightsName(names, naming));
  if (weights === undefined) throw naming.noWeights(folder, names);
  return { folder, names, weights };
}

type ReadFolder = Omit<Checkpoint, 'format' | 'dialect'> & {
  /** Those of `skipped` that hold 32-bit words. */
  readonly words: ReadonlyMap<string, Tensor>;
};

export async function readWeightsFolder(facts: PathFacts, naming: WeightsNaming): Promise<ReadFolder> {
  const { folder, names, weights } = await locate(facts, naming);
  const assets = await readFolderAssets(folder, names);
  const path = join(folder, weights);
  const files = weights.endsWith(naming.indexSuffix) ? await readShards(path, naming.readFile) : [await naming.readFile(path)];
  return {
    path: facts.path,
    files: files.map((file) => ({ path: file.path, bytes: file.bytes })),
    ...assets,
    tensors: new Map(files.flatMap((file) => [...file.tensors])),
    skipped: new Map(files.flatMap((file) => [...file.skipped])),
    words: new Map(files.flatMap((file) => [...(file.words ?? [])])),
  };
}
