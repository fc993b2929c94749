// What stands between the projections and attention, as one: rotary positions on q and k (tokens, heads, width), an RMS norm of each head
// before them where its weight is given (Qwen 3), and k and v (tokens, groups, width) into the paged cache.
import { LlmxError } from '../base/error.js';
import { showShape } from '../base/shape.js';
import { cacheWrite } from './cache-write.js';
import type { Op, OpCase, Operand } from './op.js';
import { f32, last, need, present, scatteredTables } from './rule.js';
import { rmsNorm, type NormAttributes } from './rms-norm.js';
import { rope, type RopeAttributes, type RopeStyle } from './rope.js';

/** `epsilon` is the norms'. */
export type RopeCacheAttributes = RopeAttributes & NormAttributes;

const op = 'rope-cache';

const like = ({ shape, data }: Operand): Operand => ({ shape, data: new Float64Array(data.length) });

const caseOf = (
  [heads, groups, width]: readonly [heads: number, groups: number, width: number],
  rotated: number,
  style: RopeStyle,
  format: 'f32' | 'f16',
  norm: boolean,
  scale = 1,
): OpCase<RopeCacheAttributes> => ({
  inputs: [
    { kind: 'activation', shape: [5, heads, width] },
    { kind: 'activation', shape: [5, groups, width] },
    { kind: 'activation', shape: [5, groups, width] },
    { kind: 'integers', shape: [5], values: [3, 4, 5, 0, 1] },
    { kind: 'integers', shape: [5], values: [0, 0, 0, 1, 1] },
    scatteredTables,
    { kind: 'weight', shape: [rotated / 2], positive: true },
    { kind: 'state', shape: [6, 4, groups, width], format },
    { kind: 'state', shape: [6, 4, groups, width], format },
    norm ? { kind: 'weight', shape: [width] } : undefined,
    norm ? { kind: 'weight', shape: [width] } : undefined,
  ],
  attributes: { style, scale, epsilon: 1e-6 },
  // Half precision as cache-write's own; float32 angles as rope's, on a few radians.
  tolerance: format === 'f16' ? 1e-7 : 1e-10,
});

export const ropeCache: Op<RopeCacheAttributes> = {
  inputs: ['q', 'k', 'v', 'positions', 'sequences', 'tables', 'frequencies', 'keys', 'values', 'query_norm?', 'key_norm?'],
  outputs: ['turned', 'keys', 'values'],
  aliases: { 1: 7, 2: 8 },
  infer([q, k, v, , , , , keys, values, queryNorm, keyNorm]) {
    const [states, heads] = [
      [present(op, 'keys', keys), present(op, 'values', values)],
      [present(op, 'q', q), present(op, 'k', k), present(op, 'v', v)],
    ];
    const width = last(heads[0]!.shape);
    if (typeof width !== 'number' || width % 2 !== 0)
      throw new LlmxError('internal', `${op}: heads of ${showShape([width])} features, not an even number`);
    const [tokens, groups] = heads[1]!.shape;
    need(op, 'k', heads[1]!.shape, [tokens!, groups!, width]);
    need(op, 'v', heads[2]!.shape, [tokens!, groups!, width]);
    for (const { shape } of states) need(op, 'a state', shape.slice(2), [groups!, width]);
    for (const norm of [queryNorm, keyNorm]) if (norm !== undefined) need(op, 'a norm', norm.shape, [width]);
    return [f32(heads[0]!.shape), ...states];
  },
  reference([q, k, v, positions, sequences, tables, frequencies, keys, values, queryNorm, keyNorm], [turned], attributes) {
    const turn = (x: Operand, norm: Operand | undefined, y: Operand): void => {
      const ready = norm === undefined ? x : like(x);
      if (norm !== undefined) rmsNorm.reference([x, norm], [ready], attributes);
      rope.reference([ready, positions, frequencies], [y], attributes);
    };
    const turnedKeys = like(k!);
    turn(q!, queryNorm, turned!);
    turn(k!, keyNorm, turnedKeys);
    cacheWrite.reference([keys, turnedKeys, positions, sequences, tables], [], {});
    cacheWrite.reference([values, v, positions, sequences, tables], [], {});
  },
  cases: (['f32', 'f16'] as const).flatMap((format) => [
    caseOf([4, 2, 16], 16, 'half', format, false),
    caseOf([4, 2, 16], 16, 'pair', format, true),
    caseOf([3, 3, 20], 12, 'half', format, true, 1.25),
    caseOf([6, 1, 20], 12, 'pair', format, false),
    caseOf([2, 1, 128], 128, 'half', format, true),
  ]),
  operations: ([q, k, , positions, , , frequencies, , , queryNorm], outputs, attributes) =>
    [q!, k!].reduce(
      (sum, x) =>
        sum +
        rope.operations([x, positions, frequencies], outputs, attributes) +
        (queryNorm === undefined ? 0 : rmsNorm.operations([x], outputs, attributes)),
      0,
    ),
};
