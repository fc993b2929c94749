// Lays out a folder as mlx-lm writes it: safetensors with three tensors for each grouped matrix, and `quantization` in config.json.
import type { JsonObject } from '../base/event.js';
import { numberFormats } from '../numbers/index.js';
import { mlxAffine } from '../numbers/mlx-affine.js';
import type { NumberFormat } from '../numbers/number-format.js';
import { folderFiles } from './folder-files.js';
import type { TensorPlan } from './planned-file.js';
import { safetensorsFiles } from './safetensors-writer.js';
import type { CheckpointWriter } from './writer.js';

const isGrouped = ({ format }: TensorPlan): boolean => format in mlxAffine;

const bitsOf = ({ format }: TensorPlan): number => {
  const { planes, blockLength } = numberFormats[format] as NumberFormat;
  return (planes[0]!.blockBytes * 8) / blockLength;
};

interface Groups extends JsonObject {
  readonly group_size: number;
  readonly bits: number;
  readonly mode: 'affine';
}
const groupsOf = (plan: TensorPlan): Groups => ({ group_size: numberFormats[plan.format].blockLength, bits: bitsOf(plan), mode: 'affine' });

/** The groups of most matrices for the whole, and for each module that differs its own. */
function quantization(tensors: readonly TensorPlan[]): JsonObject | undefined {
  const grouped = tensors.filter(isGrouped);
  if (grouped.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const plan of grouped) counts.set(JSON.stringify(groupsOf(plan)), (counts.get(JSON.stringify(groupsOf(plan))) ?? 0) + 1);
  const [main] = [...counts].sort(([, left], [, right]) => right - left)[0]!;
  const others = grouped.filter((plan) => JSON.stringify(groupsOf(plan)) !== main);
  const plain = tensors.filter((plan) => !isGrouped(plan) && plan.shape.length === 2);
  return {
    ...(JSON.parse(main) as Groups),
    ...Object.fromEntries(others.map((plan) => [plan.name.replace(/\.weight$/, ''), groupsOf(plan)])),
    ...Object.fromEntries(plain.map((plan) => [plan.name.replace(/\.weight$/, ''), false])),
  };
}

export const mlxWriter: CheckpointWriter = {
  dialect: 'huggingface',
  output: 'folder',
  suffixes: [],
  mayBeEmpty: true,
  obeys: ['splitBytes', 'splitTensors'],
  holds: (format) => format in mlxAffine || 'safetensors' in numberFormats[format],
  layout(contents, options) {
    const groups = quantization(contents.tensors);
    const config = groups === undefined ? contents.config : { ...contents.config, quantization: groups, quantization_config: groups };
    return [...safetensorsFiles(contents.tensors, { format: 'mlx' }, options), ...folderFiles({ ...contents, config })];
  },
};
