// Rotary positions out of sines and cosines that all layers share: halves or adjacent pairs, with features that pass through.
import type { RopeAttributes } from '../../../ops/rope.js';
import type { Emitter } from '../emitter.js';
import { fixed, open, type Operator, type OperatorContext } from './operator.js';

/** cos and sin, (tokens, 1, width / 2). */
function angles({ e, input, leaf, attributes: { scale } }: OperatorContext<RopeAttributes>): readonly [cos: string, sin: string] {
  return e.once(`angles ${leaf(2)} ${scale}`, () => {
    const positions = e.one('Unsqueeze', [e.one('Cast', [input(1)], { to: 1 }), e.integers([1, 2])]);
    const angle = e.one('Mul', [positions, input(2)]);
    const scaled = (op: string): string => {
      const value = e.one(op, [angle]);
      return scale === 1 ? value : e.one('Mul', [value, e.float(scale)]);
    };
    return [scaled('Cos'), scaled('Sin')];
  });
}

function turned(e: Emitter, first: string, second: string, cos: string, sin: string): readonly [string, string] {
  const product = (x: string, y: string): string => e.one('Mul', [x, y]);
  return [e.one('Sub', [product(first, cos), product(second, sin)]), e.one('Add', [product(first, sin), product(second, cos)])];
}

export const rope: Operator<RopeAttributes> = (context) => {
  const { e, input, type, attributes } = context;
  const [heads, width] = fixed(type(0)) as [number, number];
  const half = fixed(type(2))[0]!;
  const [cos, sin] = angles(context);
  const rest = width - 2 * half;
  if (attributes.style === 'half') {
    const sizes = [half, half, ...(rest > 0 ? [rest] : [])];
    const [first, second, ...passing] = e.node('Split', [input(0), e.integers(sizes)], { axis: -1 }, sizes.length);
    return [e.one('Concat', [...turned(e, first!, second!, cos, sin), ...passing], { axis: -1 })];
  }
  const [rotated, ...passing] =
    rest > 0 ? e.node('Split', [input(0), e.integers([2 * half, rest])], { axis: -1 }, 2) : ([input(0)] as readonly string[]);
  const pairs = e.one('Reshape', [rotated!, e.integers([...open(type(0).shape.slice(0, 1)), heads, half, 2])]);
  const [first, second] = e.node('Split', [pairs, e.integers([1, 1])], { axis: -1 }, 2);
  const [cosines, sines] = [cos, sin].map((each) => e.once(`column ${each}`, () => e.one('Unsqueeze', [each, e.integers([3])])));
  const joined = e.one('Concat', [...turned(e, first!, second!, cosines!, sines!)], { axis: -1 });
  const flat = e.one('Reshape', [joined, e.integers([-1, heads, 2 * half])]);
  return [passing.length === 0 ? flat : e.one('Concat', [flat, ...passing], { axis: -1 })];
};
