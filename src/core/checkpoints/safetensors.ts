// safetensors in a Hugging Face folder, in one file or in shards.
import { join } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { Checkpoint } from './checkpoint.js';
import type { CheckpointFormat, PathFacts } from './format.js';
import { joinGroups } from './mlx-groups.js';
import { readSafetensorsFile } from './safetensors-file.js';
import { safetensorsWriter } from './safetensors-writer.js';
import { readWeightsFolder, type WeightsNaming } from './weights-folder.js';

function noWeights(folder: string, names: readonly string[]): LlmxError {
  const wholeGguf = names.filter((name) => name.endsWith('.gguf'));
  const shards = names.filter((name) => naming.shard.test(name));
  const missing = names.includes('config.json') ? '' : 'config.json and ';
  const problem = `${folder}: ${missing}${shards.length > 0 ? `the index of its ${shards.length} shards (model${naming.indexSuffix})` : `weights (${naming.single})`} missing`;
  if (wholeGguf.length > 0) return new LlmxError('not-found', problem, `Name the file: ${join(folder, wholeGguf[0]!)}`);
  return new LlmxError('not-found', problem, 'A model folder needs config.json and safetensors files');
}

const naming: WeightsNaming = {
  single: 'model.safetensors',
  indexSuffix: '.safetensors.index.json',
  shard: /^(.*)-\d{5}-of-\d{5}\.safetensors$/,
  isWeights: (name) => name.toLowerCase().endsWith('.safetensors') && !name.startsWith('adapter_'),
  readFile: readSafetensorsFile,
  noWeights,
};

export async function readSafetensors(facts: PathFacts): Promise<Checkpoint> {
  const { words, ...rest } = await readWeightsFolder(facts, naming);
  return joinGroups({ format: 'safetensors', dialect: 'huggingface', ...rest }, words);
}

export const safetensors: CheckpointFormat = {
  name: 'safetensors',
  dialect: 'huggingface',
  recognise: ({ folder, path, head }) =>
    folder !== undefined ||
    path.endsWith('.safetensors') ||
    path.endsWith(naming.indexSuffix) ||
    (head.length > 8 && head[8] === 0x7b && head[6] === 0 && head[7] === 0),
  read: readSafetensors,
  write: safetensorsWriter,
};
