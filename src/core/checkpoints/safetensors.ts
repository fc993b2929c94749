// A Hugging Face folder: config.json, safetensors in one file or in shards, and what lies beside them.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { Checkpoint } from './checkpoint.js';
import { fileError } from './files.js';
import { readFolderAssets } from './folder.js';
import { safetensorsWriter } from './safetensors-writer.js';
import type { CheckpointFormat, PathFacts } from './format.js';
import { joinGroups } from './mlx-groups.js';
import { readSafetensorsFile, type SafetensorsFile } from './safetensors-file.js';
import { readShards } from './safetensors-shards.js';

const single = 'model.safetensors';
const indexSuffix = '.safetensors.index.json';
const shardName = /^(.*)-\d{5}-of-\d{5}\.safetensors$/;

/** The file or index that holds a folder's weights: the usual names first, else the only candidate. */
function weightsName(names: readonly string[]): string | undefined {
  const usual = [single, `model${indexSuffix}`].find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  const candidates = names.filter(
    (name) => name.endsWith(indexSuffix) || (name.endsWith('.safetensors') && !name.startsWith('adapter_') && !shardName.test(name)),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}

function noWeights(folder: string, names: readonly string[]): LlmxError {
  const wholeGguf = names.filter((name) => name.endsWith('.gguf'));
  const shards = names.filter((name) => shardName.test(name));
  const pytorch = names.find((name) => /^pytorch_model.*\.bin$/.test(name));
  const missing = names.includes('config.json') ? '' : 'config.json and ';
  const problem = `${folder}: ${missing}${shards.length > 0 ? `the index of its ${shards.length} shards (model${indexSuffix})` : `weights (${single})`} missing`;
  if (wholeGguf.length > 0) return new LlmxError('not-found', problem, `Name the file: ${join(folder, wholeGguf[0]!)}`);
  if (pytorch !== undefined)
    return new LlmxError('unsupported', `${folder}: its weights are a PyTorch file (${pytorch})`, 'Fetch the safetensors version of the model');
  return new LlmxError('not-found', problem, 'A model folder needs config.json and safetensors files');
}

const list = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (thrown) {
    throw await fileError(folder, thrown);
  }
};

/** Folder, its names, and which of them to read: a file that was named, or the folder's own. */
async function locate(facts: PathFacts): Promise<{ readonly folder: string; readonly names: readonly string[]; readonly weights: string }> {
  const folder = facts.folder ? facts.path : dirname(facts.path);
  const names = facts.folder ?? (await list(folder));
  const named = facts.folder ? undefined : basename(facts.path);
  const shard = named === undefined ? null : shardName.exec(named);
  const index = `${shard?.[1]}${indexSuffix}`;
  const weights = shard && names.includes(index) ? index : (named ?? weightsName(names));
  if (weights === undefined) throw noWeights(folder, names);
  return { folder, names, weights };
}

export async function readSafetensors(facts: PathFacts): Promise<Checkpoint> {
  const { folder, names, weights } = await locate(facts);
  const assets = await readFolderAssets(folder, names);
  const path = join(folder, weights);
  const files: readonly SafetensorsFile[] = weights.endsWith(indexSuffix) ? await readShards(path) : [await readSafetensorsFile(path)];
  const checkpoint: Checkpoint = {
    format: 'safetensors',
    dialect: 'huggingface',
    path: facts.path,
    files: files.map((file) => ({ path: file.path, bytes: file.bytes })),
    ...assets,
    tensors: new Map(files.flatMap((file) => [...file.tensors])),
    skipped: new Map(files.flatMap((file) => [...file.skipped])),
  };
  return joinGroups(checkpoint, new Map(files.flatMap((file) => [...file.words])));
}

export const safetensors: CheckpointFormat = {
  name: 'safetensors',
  dialect: 'huggingface',
  recognise: ({ folder, path, head }) =>
    folder !== undefined ||
    path.endsWith('.safetensors') ||
    path.endsWith(indexSuffix) ||
    (head.length > 8 && head[8] === 0x7b && head[6] === 0 && head[7] === 0),
  read: readSafetensors,
  write: safetensorsWriter,
};
