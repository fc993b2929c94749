// A workgroup for each head of a token: the queries', the keys' and the values'.
import type { RopeCacheAttributes } from '../../../ops/rope-cache.js';
import type { Kernel } from '../kernel.js';
import { ropeTable } from './rope.js';
import { halfState, lastOf, lengthOf, summing } from './shapes.js';
import { given } from './vector.js';

export const ropeCache: Kernel<RopeCacheAttributes> = {
  buffers: [
    { operand: 'keys', written: true },
    { operand: 'values', written: true },
  ],
  variant: ({ inputs: [, , , , , , , keys, , queryNorm], attributes: { style } }, device) =>
    summing('rope-cache', device, ['shared/state'], { ...halfState(keys), pair_step: style === 'half' ? 1 : 2, has_norm: given(queryNorm) }),
  params: ({ inputs: [q, , , , , tables, frequencies, keys], attributes: { epsilon } }) => ({
    heads: q!.shape[1]!,
    width: lastOf(q),
    turns: lengthOf(frequencies),
    page: keys!.shape[1]!,
    pages: lastOf(tables),
    epsilon,
  }),
  grid: ({ inputs: [q, k] }) => [q!.shape[1]! + 2 * k!.shape[1]!, q!.shape[0]!, 1],
  table: ropeTable,
};
