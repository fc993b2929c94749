// Weights in formats that the addon has no kernel for (llama2.c's int8 groups): decoded to float32 in a temporary file, which is mapped
// like any other and removed as soon as it is open. Costs four bytes a value of disk or page cache while the model runs.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count } from '../../base/shape.js';
import type { StoredWeight, Tensor } from '../../checkpoints/checkpoint.js';
import { diskError, writeFully } from '../../checkpoints/write-file.js';
import { streamTensor } from '../../checkpoints/read-tensor.js';
import { numberFormats } from '../../numbers/index.js';
import type { NumberFormat } from '../../numbers/number-format.js';

type Weights = ReadonlyMap<string, StoredWeight>;

export const needsWidening = ({ segments }: StoredWeight): boolean => (numberFormats[segments[0]!.format] as NumberFormat).ggufType === undefined;

export interface Widened {
  readonly weights: Weights;
  /** Call when every file is mapped. */
  remove(): Promise<void>;
}

export async function widen(weights: Weights): Promise<Widened> {
  if (![...weights.values()].some(needsWidening)) return { weights, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'llmx-widened-')).catch((error: unknown) => Promise.reject(diskError(tmpdir(), error)));
  const path = join(folder, 'weights');
  const file = await open(path, 'w', 0o600);
  let offset = 0;
  const write = async (tensor: Tensor): Promise<Tensor> => {
    const begin = offset;
    for await (const { values } of streamTensor(tensor)) {
      await writeFully(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
      offset += values.byteLength;
    }
    return { name: tensor.name, shape: tensor.shape, format: 'f32', planes: [{ file: path, offset: begin, length: 4 * count(tensor.shape) }] };
  };
  try {
    const entries: [string, StoredWeight][] = [];
    for (const [name, weight] of weights) {
      const segments: Tensor[] = [];
      if (needsWidening(weight)) for (const segment of weight.segments) segments.push(await write(segment));
      entries.push([name, segments.length === 0 ? weight : { ...weight, segments }]);
    }
    return { weights: new Map(entries), remove: () => rm(folder, { recursive: true, force: true }) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw diskError(path, error);
  } finally {
    await file.close();
  }
}
