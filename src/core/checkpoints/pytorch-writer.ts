// Writes PyTorch's zip form: a folder with pytorch_model.bin, or shards of it with their index, each laid out as torch.save would.
import { LlmxError } from '../base/error.js';
import { count } from '../base/shape.js';
import { numberFormats } from '../numbers/index.js';
import { folderFiles } from './folder-files.js';
import { writePickle, type Writable } from './pickle/write-pickle.js';
import type { PlannedFile, TensorPlan } from './planned-file.js';
import { dtypeOfFormat } from './pytorch-globals.js';
import { planShards, shardIndex, type PlannedShard } from './weights-plan.js';
import type { CheckpointWriter } from './writer.js';
import { planZip } from './zip/plan-zip.js';

const usualName = 'pytorch_model.bin';

/** Elements from one step along each side to the next, row by row. */
const strides = (shape: readonly number[]): readonly number[] =>
  shape.map((_, side) => shape.slice(side + 1).reduce((product, length) => product * Math.max(length, 1), 1));

function storageClass({ name, format }: TensorPlan): string {
  const storage = dtypeOfFormat(format)?.storage;
  if (storage === undefined)
    throw new LlmxError(
      'unsupported',
      `${name}: PyTorch has no element type for ${numberFormats[format].name}`,
      'Choose f32, f16 or bf16 for this tensor',
    );
  return storage;
}

const rebuild: Writable = { global: ['torch._utils', '_rebuild_tensor_v2'] };
const noHooks: Writable = { call: { global: ['collections', 'OrderedDict'] }, with: [] };

/** `_rebuild_tensor_v2(storage, offset, sides, strides, requires_grad, hooks)`; every tensor has a storage of its own. */
const tensorValue = (plan: TensorPlan, key: number): Writable => ({
  call: rebuild,
  with: [
    {
      reference: { tuple: [{ constant: 'storage' }, { global: ['torch', storageClass(plan)] }, String(key), { constant: 'cpu' }, count(plan.shape)] },
    },
    0,
    { tuple: plan.shape },
    { tuple: strides(plan.shape) },
    false,
    noHooks,
  ],
});

/** Entries stand under the file's own name, without its suffix. */
function plannedFile({ name, tensors }: PlannedShard): PlannedFile {
  const prefix = name.replace(/\.\w+$/, '');
  const text = (entry: string, content: string): { readonly name: string; readonly content: Uint8Array } => ({
    name: `${prefix}/${entry}`,
    content: Buffer.from(content),
  });
  const pickle = writePickle({ dict: tensors.map((tensor, key) => [tensor.name, tensorValue(tensor, key)]) });
  return {
    name,
    pieces: planZip([
      { name: `${prefix}/data.pkl`, content: pickle },
      text('.format_version', '1'),
      text('.storage_alignment', '64'),
      text('byteorder', 'little'),
      ...tensors.map((content, key) => ({ name: `${prefix}/data/${key}`, content })),
      text('version', '3\n'),
    ]),
  };
}

export const pytorchWriter: CheckpointWriter = {
  dialect: 'huggingface',
  output: 'either',
  suffixes: ['.pt', '.pth'],
  furtherSuffixes: ['.bin'],
  obeys: ['splitBytes', 'splitTensors'],
  holds: (format) => dtypeOfFormat(format) !== undefined,
  layout(contents, { fileName = usualName, ...limits }) {
    const whole = planShards(fileName, contents.tensors, limits);
    // Readers know an index of .bin files alone.
    const name = fileName.replace(/\.\w+$/, '.bin');
    const shards = whole.length === 1 ? whole : planShards(name, contents.tensors, limits);
    return [...shards.map(plannedFile), ...shardIndex(name, shards), ...folderFiles(contents)];
  },
};
