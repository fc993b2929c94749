// PyTorch checkpoints: pytorch_model.bin in a Hugging Face folder, in one file or in shards, or any file of torch.save beside a config.json.
import { LlmxError } from '../base/error.js';
import type { Checkpoint } from './checkpoint.js';
import type { CheckpointFormat, PathFacts } from './format.js';
import { isPytorchHead, readPytorchFile } from './pytorch-file.js';
import { wrapperLength } from './pytorch-state-dict.js';
import { pytorchWriter } from './pytorch-writer.js';
import { readWeightsFolder, weightsName, type WeightsNaming } from './weights-folder.js';

/** What trainers leave beside the weights. */
const besides = /^(adapter_|training_args|optimizer|scheduler|scaler|rng_state|random_states|trainer_state|tok)/;

const naming: WeightsNaming = {
  single: 'pytorch_model.bin',
  indexSuffix: '.bin.index.json',
  shard: /^(.*)-\d{5}-of-\d{5}\.bin$/,
  isWeights: (name) => /\.(bin|pt|pth|ckpt)$/i.test(name) && !besides.test(name),
  readFile: readPytorchFile,
  noWeights: (folder) =>
    new LlmxError('not-found', `${folder}: weights (${naming.single}) missing`, 'A model folder needs config.json and its weights'),
};

/** Folders that hold safetensors as well are not this format's: those weights are the same and safer to read. */
const recogniseFolder = (names: readonly string[]): boolean =>
  !names.some((name) => /\.(safetensors|safetensors\.index\.json|gguf)$/.test(name)) && weightsName(names, naming) !== undefined;

/** Names without what wrappers have put before all of them. */
function unwrapped<Value>(
  map: ReadonlyMap<string, Value>,
  length: number,
  rename: (value: Value, name: string) => Value,
): ReadonlyMap<string, Value> {
  if (length === 0) return map;
  return new Map([...map].map(([name, value]) => [name.slice(length), rename(value, name.slice(length))]));
}

async function readPytorch(facts: PathFacts): Promise<Checkpoint> {
  const { tensors, skipped, words: _, ...rest } = await readWeightsFolder(facts, naming);
  const length = wrapperLength([...tensors.keys(), ...skipped.keys()]);
  return {
    format: 'pytorch',
    dialect: 'huggingface',
    ...rest,
    tensors: unwrapped(tensors, length, (tensor, name) => ({ ...tensor, name })),
    skipped: unwrapped(skipped, length, (dtype) => dtype),
  };
}

export const pytorch: CheckpointFormat = {
  name: 'pytorch',
  dialect: 'huggingface',
  recognise: ({ folder, path, head }) => (folder ? recogniseFolder(folder) : path.endsWith(naming.indexSuffix) || isPytorchHead(head)),
  read: readPytorch,
  write: pytorchWriter,
};
