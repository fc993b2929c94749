// Rotary positions (Su et al. 2021): x (tokens, heads, headWidth) turned by angle position * frequency_k in the plane of two features:
// `half` pairs k with k + d/2, `pair` pairs 2k with 2k + 1, d = 2 * frequencies. Features beyond d pass through. `scale` multiplies cos and sin.
import type { Op, OpCase } from './op.js';
import { f32, present } from './rule.js';

export type RopeStyle = 'half' | 'pair';
export type RopeAttributes = { readonly style: RopeStyle; readonly scale: number };

const caseOf = (style: RopeStyle, headWidth: number, rotated: number, scale = 1): OpCase<RopeAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [4, 3, headWidth] },
    { kind: 'integers', shape: [4], values: [0, 7, 100, 4000] },
    { kind: 'weight', shape: [rotated / 2], positive: true },
  ],
  attributes: { style, scale },
  // Angles reach thousands of radians here; float32 keeps them to 2^-12, so cos and sin differ by about 2e-4.
  tolerance: 1e-6,
});

export const rope: Op<RopeAttributes> = {
  inputs: ['x', 'positions', 'frequencies'],
  outputs: ['y'],
  infer: ([x]) => [f32(present('rope', 'x', x).shape)],
  reference([x, positions, frequencies], [y], { style, scale }) {
    const [tokens, heads, width] = x!.shape as [number, number, number];
    const half = frequencies!.data.length;
    const [step, partner] = style === 'half' ? [1, half] : [2, 1];
    y!.data.set(x!.data as Float64Array);
    for (let token = 0; token < tokens; token++) {
      for (let k = 0; k < half; k++) {
        const angle = positions!.data[token]! * frequencies!.data[k]!;
        const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
        for (let head = 0; head < heads; head++) {
          const at = (token * heads + head) * width + k * step;
          const [first, second] = [x!.data[at]!, x!.data[at + partner]!];
          y!.data[at] = first * cos - second * sin;
          y!.data[at + partner] = first * sin + second * cos;
        }
      }
    }
  },
  cases: [caseOf('half', 16, 16), caseOf('pair', 16, 16), caseOf('half', 20, 12), caseOf('pair', 20, 12, 1.25), caseOf('half', 64, 64)],
  operations: ([x]) => 3 * x!.data.length,
};
