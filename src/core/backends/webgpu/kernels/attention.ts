// A workgroup for each token's head.
import { LlmxError } from '../../../base/error.js';
import type { AttentionAttributes } from '../../../ops/attention.js';
import type { Kernel } from '../kernel.js';
import { halfState, lastOf, summing } from './shapes.js';

/** Value features that one lane of attention.wgsl gathers at most. */
const featuresEach = 8;

export const attention: Kernel<AttentionAttributes> = {
  buffers: [{ operand: 'keys' }, { operand: 'values' }],
  variant({ inputs: [, keys, values], outputs: [, lse] }, device) {
    const variant = summing('attention', device, ['shared/state'], { ...halfState(keys), has_lse: lse === undefined ? 0 : 1 });
    const most = variant.constants['lanes']! * featuresEach;
    if (lastOf(values) > most)
      throw new LlmxError('unsupported', `webgpu: values ${lastOf(values)} wide, at most ${most} are computed`, 'Use --device cpu');
    return variant;
  },
  params: ({ inputs: [q, keys, values, , , tables], attributes: { scale, window } }) => ({
    heads: q!.shape[1]!,
    groups: keys!.shape[2]!,
    width: lastOf(q),
    value_width: lastOf(values),
    page: keys!.shape[1]!,
    table: lastOf(tables),
    window,
    scale,
  }),
  grid: ({ inputs: [q] }) => [q!.shape[1]!, q!.shape[0]!, 1],
};
