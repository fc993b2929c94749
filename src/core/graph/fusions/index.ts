// The fusion table: patterns by the fused op that takes their place, in the order in which they are looked for.
import { isFused, type FusedOpName, type OpName } from '../../ops/index.js';
import type { Fusion } from './fusion.js';
import { linearAdd } from './linear-add.js';
import { linearGated } from './linear-gated.js';
import { linearGroup } from './linear-group.js';
import { ropeCache } from './rope-cache.js';

/** Gated layers come before groups: their two matrices must not count as part of one. */
export const fusions = {
  'linear-gated': linearGated,
  'linear-group': linearGroup,
  'rope-cache': ropeCache,
  'linear-add': linearAdd,
} as const satisfies Record<FusedOpName, Fusion>;

export type FusionName = keyof typeof fusions;
export const fusionNames = Object.keys(fusions) as readonly FusionName[];

/** Whether a backend with these fusions may see the op. */
export const isRunBy = (op: OpName, names: readonly FusionName[]): boolean => !isFused(op) || names.includes(op);
