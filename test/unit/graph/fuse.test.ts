// What fusions must leave alone: values that something else reads, and states that are read as they were.
import { expect, test } from 'vitest';
import { createGraphBuilder, type GraphBuilder } from '../../../src/core/graph/builder.js';
import { fuse } from '../../../src/core/graph/fuse.js';
import { fusionNames } from '../../../src/core/graph/fusions/index.js';
import { isLeaf, type Value } from '../../../src/core/graph/graph.js';
import type { ValueType } from '../../../src/core/ops/op.js';

const shapes: Readonly<Record<string, ValueType['shape']>> = {
  x: [4, 64],
  q: [4, 2, 16],
  k: [4, 1, 16],
  v: [4, 1, 16],
  'rope-frequencies': [8],
  norm: [16],
};

/** Ops of the fused graph, in order. Matrices are 64 by 64. */
function fused(body: (g: GraphBuilder) => void): readonly string[] {
  const g = createGraphBuilder({
    find(name) {
      if (name.endsWith('.bias')) return undefined;
      if (name.endsWith('.weight')) return { leaf: 'weight', type: { shape: [64, 64], format: 'f32' } };
      return { leaf: 'constant', type: { shape: shapes[name]!, format: 'f32' } };
    },
  });
  body(g);
  return fuse(g.finish(), fusionNames).nodes.flatMap(({ op }) => (isLeaf(op) ? [] : [op]));
}

const gated = ['a', 'silu', 'b', 'multiply'] as const;

test('a sum takes in the product on either side', () => {
  for (const swapped of [false, true]) {
    const ops = fused((g) => {
      const [x, y] = [g.weight('x'), g.linear(g.weight('x'), 'first')];
      g.output('y', swapped ? g.add(y, x) : g.add(x, y));
    });
    expect(ops).toEqual(['linear-add']);
  }
});

test('a product that is read elsewhere, or wanted itself, is kept', () => {
  const read = fused((g) => {
    const y = g.linear(g.weight('x'), 'first');
    g.output('y', g.add(g.add(g.weight('x'), y), y));
  });
  expect(read).toEqual(['linear', 'map', 'map']);
  const wanted = fused((g) => {
    const y = g.linear(g.weight('x'), 'first');
    g.output('product', y);
    g.output('y', g.add(g.weight('x'), y));
  });
  expect(wanted).toEqual(['linear', 'map']);
});

test('a gate takes two products of one x', () => {
  const of = (other: (g: GraphBuilder) => Value): readonly string[] =>
    fused((g) => g.output('y', g.map([g.linear(g.weight('x'), 'first'), g.linear(other(g), 'second')], gated)));
  expect(of((g) => g.weight('x'))).toEqual(['linear-gated']);
  expect(of((g) => g.add(g.weight('x'), g.weight('x')))).toEqual(['linear', 'map', 'linear', 'map']);
});

test('three products of one x are a group, two or four are not', () => {
  for (const [products, expected] of [
    [2, ['linear', 'linear']],
    [3, ['linear-group']],
    [4, ['linear', 'linear', 'linear', 'linear']],
  ] as const)
    expect(
      fused((g) => {
        for (let index = 0; index < products; index++) g.output(`y${index}`, g.linear(g.weight('x'), `matrix${index}`));
      }),
    ).toEqual(expected);
});

interface Parts {
  readonly readsOldKeys?: boolean;
  readonly keyScale?: number;
  readonly keyNorm?: boolean;
  readonly queryNorm?: boolean;
  readonly wantsTurnedKeys?: boolean;
  /** Values that are made out of turned queries: the fused op would wait for itself. */
  readonly circular?: boolean;
}

function beforeAttention(parts: Parts): readonly string[] {
  return fused((g) => {
    const norm = (x: Value, wanted = false): Value => (wanted ? g.rmsNorm(x, g.weight('norm'), { epsilon: 1e-6 }) : x);
    const turned = (x: Value, scale: number): Value => g.rope(x, g.weight('rope-frequencies'), { style: 'half', scale });
    const state = (name: string): Value => g.state(name, ['pages', 4, 1, 16], 'f32');
    const keys = turned(norm(g.weight('k'), parts.keyNorm), parts.keyScale ?? 1);
    if (parts.wantsTurnedKeys === true) g.output('keys', keys);
    if (parts.readsOldKeys === true) g.output('old', g.reshape(state('keys'), ['pages', 64]));
    const q = turned(norm(g.weight('q'), parts.queryNorm), 1);
    const v = parts.circular === true ? g.reshape(g.slice(g.reshape(q, [4, 32]), 0, 16), [4, 1, 16]) : g.weight('v');
    const attributes = { scale: 1, window: 0 };
    g.output('y', g.attention(q, g.cacheWrite(state('keys'), keys), g.cacheWrite(state('values'), v), attributes));
  });
}

test('rotary positions and the cache', () => {
  expect(beforeAttention({})).toEqual(['rope-cache', 'attention']);
  expect(beforeAttention({ keyNorm: true, queryNorm: true })).toEqual(['rope-cache', 'attention']);
});

test.each<Parts>([{ readsOldKeys: true }, { keyScale: 2 }, { keyNorm: true }, { wantsTurnedKeys: true }, { circular: true }])(
  'rotary positions and the cache: not with %j',
  (parts) => {
    expect(beforeAttention(parts)).not.toContain('rope-cache');
  },
);

test('attention reads the states that were written', () => {
  const g = createGraphBuilder({
    find: (name) => ({ leaf: 'constant', type: { shape: shapes[name]!, format: 'f32' } }),
  });
  const turned = (name: string): Value => g.rope(g.weight(name), g.weight('rope-frequencies'), { style: 'half', scale: 1 });
  const write = (name: string, x: Value): Value => g.cacheWrite(g.state(name, ['pages', 4, 1, 16], 'f32'), x);
  g.output('y', g.attention(turned('q'), write('keys', turned('k')), write('values', g.weight('v')), { scale: 1, window: 0 }));
  const { nodes } = fuse(g.finish(), fusionNames);
  const fusedAt = nodes.findIndex(({ op }) => op === 'rope-cache');
  const attention = nodes.find(({ op }) => op === 'attention')!;
  expect(attention.inputs.slice(0, 3)).toEqual([0, 1, 2].map((output) => ({ node: fusedAt, output })));
});
