// MLX's folders: safetensors whose matrices may be affine groups.
import type { CheckpointFormat } from './format.js';
import { mlxWriter } from './mlx-writer.js';
import { readSafetensors } from './safetensors.js';

export const mlx: CheckpointFormat = {
  name: 'mlx',
  dialect: 'huggingface',
  // A folder of safetensors until its config is read: the reader of those hands it over.
  recognise: () => false,
  read: readSafetensors,
  write: mlxWriter,
};
