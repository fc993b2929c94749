// Causal attention of each token over its own sequence's pages up to its position: q (tokens, heads, width),
// keys (pages, pageSize, groups, width), values (pages, pageSize, groups, valueWidth); `heads / groups` queries share a group.
// o = softmax(scale * q k^T) v; lse = log sum exp of the scaled scores, so that splits and merges are one code (Dao 2022, sec. 3.1).
// `window` > 0 keeps the last `window` positions, the token's own among them.
import type { Op, OpCase } from './op.js';
import { f32, pagedRow, present, scatteredTables } from './rule.js';

export type AttentionAttributes = { readonly scale: number; readonly window: number };

const caseOf = (heads: number, groups: number, width: number, format: 'f32' | 'f16', window: number): OpCase<AttentionAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [6, heads, width] },
    { kind: 'state', shape: [6, 4, groups, width], format },
    { kind: 'state', shape: [6, 4, groups, width], format },
    { kind: 'integers', shape: [6], values: [0, 8, 9, 10, 3, 11] },
    { kind: 'integers', shape: [6], values: [0, 0, 0, 0, 1, 1] },
    scatteredTables,
  ],
  attributes: { scale: 1 / Math.sqrt(width), window },
  // States of the case hold values that the format keeps exactly, so only float32 sums and exp differ.
  tolerance: 1e-10,
});

/** Up to 700 keys on pages in scrambled order: what implementations split, and must merge. */
const longCase = (
  window: number,
  heads = 4,
  groups = 2,
  width = 32,
  positions: readonly number[] = [255, 256, 700],
  format: 'f32' | 'f16' = 'f32',
): OpCase<AttentionAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [positions.length, heads, width] },
    { kind: 'state', shape: [22, 32, groups, width], format },
    { kind: 'state', shape: [22, 32, groups, width], format },
    { kind: 'integers', shape: [positions.length], values: positions },
    { kind: 'integers', shape: [positions.length], values: positions.map(() => 0) },
    { kind: 'integers', shape: [1, 22], values: Array.from({ length: 22 }, (_, page) => (page * 7) % 22) },
  ],
  attributes: { scale: 1 / Math.sqrt(width), window },
  tolerance: 1e-10,
});

/** Sequences of 11, 1 and 7 tokens, the last one going on from 5; wide heads. */
const promptCase = (window: number): OpCase<AttentionAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [19, 4, 96] },
    { kind: 'state', shape: [9, 4, 2, 96], format: 'f16' },
    { kind: 'state', shape: [9, 4, 2, 96], format: 'f16' },
    { kind: 'integers', shape: [19], values: [...Array(11).keys(), 3, 5, 6, 7, 8, 9, 10, 11] },
    { kind: 'integers', shape: [19], values: [...Array<number>(11).fill(0), 1, ...Array<number>(7).fill(2)] },
    { kind: 'integers', shape: [3, 3], values: [4, 0, 8, 2, 2, 2, 7, 1, 3] },
  ],
  attributes: { scale: 1 / Math.sqrt(96), window },
  tolerance: 1e-10,
});

export const attention: Op<AttentionAttributes> = {
  inputs: ['q', 'keys', 'values', 'positions', 'sequences', 'tables'],
  outputs: ['o', 'lse'],
  infer([q, keys, values]) {
    present('attention', 'keys', keys);
    const [tokens, heads] = present('attention', 'q', q).shape;
    return [f32([tokens!, heads!, present('attention', 'values', values).shape[3]!]), f32([tokens!, heads!])];
  },
  reference([q, keys, values, positions, sequences, tables], [o, lse], { scale, window }) {
    const [tokens, heads, width] = q!.shape as [number, number, number];
    const [, pageSize, groups] = keys!.shape as [number, number, number];
    const valueWidth = values!.shape[3]!;
    for (let token = 0; token < tokens; token++) {
      const position = positions!.data[token]!;
      const begin = window > 0 ? Math.max(0, position - window + 1) : 0;
      const rows = Array.from({ length: position - begin + 1 }, (_, index) => pagedRow(tables!, sequences!.data[token]!, begin + index, pageSize));
      for (let head = 0; head < heads; head++) {
        const group = Math.floor((head * groups) / heads);
        const from = (token * heads + head) * width;
        const scores = rows.map((row) => {
          let dot = 0;
          for (let i = 0; i < width; i++) dot += q!.data[from + i]! * keys!.data[(row * groups + group) * width + i]!;
          return dot * scale;
        });
        const highest = scores.reduce((best, score) => Math.max(best, score), -Infinity);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
        const at = (token * heads + head) * valueWidth;
        for (let i = 0; i < valueWidth; i++) {
          o!.data[at + i] = rows.reduce(
            (sum, row, index) => sum + (Math.exp(scores[index]! - highest) / total) * values!.data[(row * groups + group) * valueWidth + i]!,
            0,
          );
        }
        lse!.data[token * heads + head] = highest + Math.log(total);
      }
    }
  },
  cases: [
    longCase(0),
    longCase(300),
    caseOf(4, 4, 16, 'f32', 0),
    caseOf(4, 2, 16, 'f32', 0),
    caseOf(8, 2, 10, 'f32', 5),
    caseOf(4, 1, 64, 'f16', 0),
    caseOf(6, 3, 33, 'f16', 3),
    // More queries to a group than implementations take at once, as in multi-query attention.
    caseOf(40, 1, 16, 'f16', 0),
    longCase(0, 70, 2, 16, [300]),
    longCase(100, 33, 1, 8, [7, 8, 9, 299, 300, 301, 302]),
    // Splits of which most are empty, and splits of whole and of broken tiles.
    longCase(0, 4, 2, 64, [0, 1, 31, 32, 255, 703], 'f16'),
    // Splits of a window that begins within a page.
    longCase(290, 2, 1, 80, [200, 291, 703], 'f16'),
    // A prompt in which several tokens of a sequence share what they read, and neighbours are of different sequences.
    promptCase(0),
    promptCase(6),
  ],
  operations: ([q, keys], _outputs) => 4 * q!.data.length * keys!.shape[1]!,
};
