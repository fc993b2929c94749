// The same values under another shape: a view, no work.
import type { Shape } from '../base/shape.js';
import type { Op } from './op.js';
import { f32, present } from './rule.js';

export type ReshapeAttributes = { readonly shape: Shape };

export const reshape: Op<ReshapeAttributes> = {
  inputs: ['x'],
  outputs: ['y'],
  aliases: { 0: 0 },
  isView: true,
  infer([x], { shape }) {
    present('reshape', 'x', x);
    return [f32(shape)];
  },
  reference() {},
  cases: [{ inputs: [{ kind: 'activation', shape: [3, 48] }], attributes: { shape: [3, 4, 12] }, tolerance: 0 }],
  operations: () => 0,
};
