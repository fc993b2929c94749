// How each role's numbers get from the tensors of one dialect to those of another: names, shapes, and the steps between. Pure.
import { count } from '../base/shape.js';
import type { Dialect, Tensor } from '../checkpoints/checkpoint.js';
import { segmentNames, storedShape } from './bind.js';
import type { Layout, TensorRow } from './family.js';
import type { Model } from './model.js';

/** One step on a part of a tensor, given as a matrix whose rows are its innermost axis. */
export type Step =
  /** Row `i` of the result is row `order[i]` of each run of `order.length` rows. */
  | { readonly kind: 'rows'; readonly order: readonly number[] }
  /** (rows, columns) to (columns, rows): needs the whole tensor at once. */
  | { readonly kind: 'transpose' }
  | { readonly kind: 'values'; readonly map: (value: number) => number; readonly formula: string };

export interface Transfer {
  readonly role: string;
  readonly row: TensorRow;
  /** In order along the role's first axis: one, or one for each expert. */
  readonly sources: readonly Tensor[];
  readonly targets: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly steps: readonly Step[];
}

interface Transfers {
  readonly transfers: readonly Transfer[];
  readonly refusals: readonly string[];
}

/** Rows of a head from halves (i, i + width / 2) to adjacent pairs, and the way back: what lies at each place of the result. */
const pairOrder = ({ headWidth, width }: Head): readonly number[] =>
  Array.from({ length: headWidth }, (_, at) => (at < width ? (at % 2) * (width / 2) + (at >> 1) : at));
const halfOrder = ({ headWidth, width }: Head): readonly number[] =>
  Array.from({ length: headWidth }, (_, at) => (at < width / 2 ? 2 * at : at < width ? 2 * (at - width / 2) + 1 : at));

/** Rows of a head, and how many of them are rotated. */
interface Head {
  readonly headWidth: number;
  readonly width: number;
}

interface Conversion {
  readonly to: (head: Head) => readonly Step[];
  readonly from: (head: Head) => readonly Step[];
}

/** From the role's canonical form to how a dialect stores it, and back. Canonical rotary rows are halves. */
const conversions: Readonly<Record<Layout, Conversion>> = {
  transposed: { to: () => [{ kind: 'transpose' }], from: () => [{ kind: 'transpose' }] },
  'rope-pairs': {
    to: (head) => [{ kind: 'rows', order: pairOrder(head) }],
    from: (head) => [{ kind: 'rows', order: halfOrder(head) }],
  },
  'negative-exponential': {
    to: () => [{ kind: 'values', map: (value) => Math.log(-value), formula: 'ln(-x)' }],
    from: () => [{ kind: 'values', map: (value) => -Math.exp(value), formula: '-exp(x)' }],
  },
  unsqueezed: { to: () => [], from: () => [] },
};

/** Steps between two layouts; two that are the same need none, whatever they are. */
function stepsBetween(from: Layout | undefined, to: Layout | undefined, head: Head): readonly Step[] {
  if (from === to) return [];
  return [...(from === undefined ? [] : conversions[from].from(head)), ...(to === undefined ? [] : conversions[to].to(head))];
}

/** Every role that the checkpoint has, in the family's order. A role that the dialect has no name for is a refusal. */
export function transfersTo({ bound, h, family, rope }: Model, dialect: Dialect): Transfers {
  const refusals: string[] = [];
  const transfers: Transfer[] = [];
  for (const { role } of family.tensors(h)) {
    const binding = bound.get(role);
    if (binding === undefined) continue;
    const { row, segments, layout } = binding;
    const name = row.names[dialect];
    if (name === undefined) {
      refusals.push(`${segments[0]!.name} (${role}): ${dialect} has no such tensor`);
      continue;
    }
    const wanted = row.layouts?.[dialect];
    const names = segmentNames(row, name);
    const shape = storedShape(names.length > 1 ? row.shape.slice(1) : row.shape, wanted);
    transfers.push({
      role,
      row,
      sources: segments,
      targets: names.map((each) => ({ name: each, shape })),
      steps: count(row.shape) === 0 ? [] : stepsBetween(layout, wanted, { headWidth: h.headWidth, width: rope?.width ?? 0 }),
    });
  }
  return { transfers, refusals };
}
