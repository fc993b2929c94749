// Liveness, views and barriers of compiled programs.
import { expect, test } from 'vitest';
import { createGraphBuilder } from '../../../src/core/graph/builder.js';
import { compile } from '../../../src/core/graph/compile.js';
import type { Value } from '../../../src/core/graph/graph.js';

const sizes = { tokens: 4, rows: 4, sequences: 1, table: 1, pages: 1, slots: 1 };
const vector = { leaf: 'constant', type: { shape: [4, 64], format: 'f32' } } as const;
const build = (body: (g: ReturnType<typeof createGraphBuilder>, x: Value) => Value) => {
  const g = createGraphBuilder({ find: () => vector });
  g.output('y', body(g, g.weight('x')));
  return compile(g.finish(), sizes);
};
const add = (g: ReturnType<typeof createGraphBuilder>, left: Value, right: Value): Value => g.add(left, right);

test('values that are not alive together share memory', () => {
  const chain = build((g, x) => [1, 2, 3, 4, 5, 6].reduce((value) => add(g, value, x), x));
  // One value is read while the next is written: two of 1024 bytes.
  expect(chain.arenaBytes).toBe(2 * 4 * 64 * 4);
});

test('what nothing reads is not computed', () => {
  const program = build((g, x) => {
    add(g, x, x);
    return add(g, x, x);
  });
  expect(program.instructions).toHaveLength(1);
});

test('a view keeps what it looks at alive', () => {
  const program = build((g, x) => {
    const first = add(g, x, x);
    const view = g.reshape(first, [8, 32]);
    const other = add(g, x, x);
    return add(g, g.reshape(view, [4, 64]), other);
  });
  const offsets = program.instructions.map(({ outputs }) => program.values[outputs[0]!]!.place);
  expect(offsets[0]).not.toEqual(offsets[1]);
});

test('independent instructions need no barrier, dependent ones do', () => {
  const program = build((g, x) => add(g, add(g, x, x), add(g, x, x)));
  expect(program.instructions.map(({ barrier }) => barrier)).toEqual([false, false, true]);
});

test('a barrier stands before memory that is used again', () => {
  const program = build((g, x) => {
    const first = add(g, x, x);
    const second = add(g, first, x);
    return add(g, second, x);
  });
  expect(program.instructions.map(({ barrier }) => barrier)).toEqual([false, true, true]);
});
