// Rows of the embedding: in runs of 32 values where rows allow it.
import type { Kernel } from '../kernel.js';
import { decoding, heldOf, isPart, lastOf, lengthOf, perItem, plain } from './shapes.js';

export const embed: Kernel = {
  buffers: [{ operand: 'table', as: 'weight' }],
  variant({ inputs: [, table] }, device) {
    const { uses, inRuns } = decoding(table!, lastOf(table));
    return plain(inRuns ? 'embed' : 'embed-any', device, uses, { is_part: isPart(table) });
  },
  params({ inputs: [, table], outputs: [rows] }) {
    const { first, rows: held } = heldOf(table);
    return { width: lastOf(rows), runs: lengthOf(rows) / 32, values: lengthOf(rows), first, held };
  },
  grid: ({ outputs: [rows] }, variant) => perItem(variant.source === 'embed' ? lengthOf(rows) / 32 : lengthOf(rows), variant),
};
