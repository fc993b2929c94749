// A workgroup for each row.
import type { NormAttributes } from '../../../ops/rms-norm.js';
import type { Kernel } from '../kernel.js';
import { folded, lastOf, rowsOf, summing } from './shapes.js';

export const rmsNorm: Kernel<NormAttributes> = {
  buffers: [],
  variant: (_call, device) => summing('rms-norm', device),
  params: ({ inputs: [x], attributes: { epsilon } }) => ({ rows: rowsOf(x), width: lastOf(x), epsilon }),
  grid: ({ inputs: [x] }) => folded(rowsOf(x)),
};
