// The kernel table: one row for each op that runs. Views never reach a backend.
import type { OpName } from '../../../ops/index.js';
import type { Kernel } from '../kernel.js';
import { attention } from './attention.js';
import { cacheWrite } from './cache-write.js';
import { conv1d } from './conv1d.js';
import { embed } from './embed.js';
import { expertSum } from './expert-sum.js';
import { gather } from './gather.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import { linearAdd } from './linear-add.js';
import { linearExperts } from './linear-experts.js';
import { linearGated } from './linear-gated.js';
import { linearGroup } from './linear-group.js';
import { map } from './map.js';
import { rmsNorm } from './rms-norm.js';
import { rope } from './rope.js';
import { ropeCache } from './rope-cache.js';
import { selectiveScan } from './selective-scan.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { topK } from './top-k.js';

export const kernels = {
  attention,
  'cache-write': cacheWrite,
  conv1d,
  embed,
  'expert-sum': expertSum,
  gather,
  'layer-norm': layerNorm,
  linear,
  'linear-add': linearAdd,
  'linear-experts': linearExperts,
  'linear-gated': linearGated,
  'linear-group': linearGroup,
  map,
  'rms-norm': rmsNorm,
  rope,
  'rope-cache': ropeCache,
  'selective-scan': selectiveScan,
  slice,
  softmax,
  'top-k': topK,
} as const satisfies Record<Exclude<OpName, 'reshape'>, unknown>;

/** The row of an op, for callers that carry its attributes with it. */
export const kernelOf = (op: OpName): Kernel => kernels[op as keyof typeof kernels] as unknown as Kernel;
