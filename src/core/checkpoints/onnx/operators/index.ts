// The table of ops that can be said in ONNX. Fused ops are for backends: the graphs that are written have none.
import type { OpName } from '../../../ops/index.js';
import { attention } from './attention.js';
import { cacheWrite } from './cache-write.js';
import { conv1d } from './conv1d.js';
import { embed } from './embed.js';
import { expertSum } from './expert-sum.js';
import { gather } from './gather.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import { linearExperts } from './linear-experts.js';
import { map } from './map.js';
import type { Operator } from './operator.js';
import { reshape } from './reshape.js';
import { rmsNorm } from './rms-norm.js';
import { rope } from './rope.js';
import { selectiveScan } from './selective-scan.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { topK } from './top-k.js';

export const operators = {
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
} as const satisfies Partial<Record<OpName, Operator<never>>>;

/** A row with its attributes' type forgotten; undefined for an op that has none. */
export const operatorOf = (name: OpName): Operator | undefined => (operators as Partial<Record<OpName, unknown>>)[name] as Operator | undefined;
