// The op table. A new op is its file, its row here, one C++ and one WGSL kernel; the suites iterate this table. Fused ops are made by
// graph/fusions alone, for backends that ask for them.
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
import type { Op } from './op.js';
import { reshape } from './reshape.js';
import { rmsNorm } from './rms-norm.js';
import { rope } from './rope.js';
import { ropeCache } from './rope-cache.js';
import { selectiveScan } from './selective-scan.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { topK } from './top-k.js';

const fusedOps = {
  'linear-add': linearAdd,
  'linear-gated': linearGated,
  'linear-group': linearGroup,
  'rope-cache': ropeCache,
} as const;

export const ops = {
  attention,
  'cache-write': cacheWrite,
  conv1d,
  embed,
  'expert-sum': expertSum,
  gather,
  'layer-norm': layerNorm,
  linear,
  'linear-experts': linearExperts,
  map,
  reshape,
  'rms-norm': rmsNorm,
  rope,
  'selective-scan': selectiveScan,
  slice,
  softmax,
  'top-k': topK,
  ...fusedOps,
} as const;

export type OpName = keyof typeof ops;
/** Ops that stand for several others. A backend sees those that its `fusions` name. */
export type FusedOpName = keyof typeof fusedOps;
export const isFused = (name: OpName): name is FusedOpName => name in fusedOps;
export const opNames = Object.keys(ops) as readonly OpName[];

/** A row of the table with its attributes' type forgotten, for code that walks nodes. */
export const opOf = (name: OpName): Op => ops[name] as unknown as Op;
