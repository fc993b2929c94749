// Each expert multiplies the rows that chose it and no others; its answers are scattered back to their places. Rows of no expert cost nothing.
import type { Emitter } from '../emitter.js';
import type { TensorPlan } from '../../planned-file.js';
import { fixed, type Operator, type OperatorContext } from './operator.js';

/** Places in the flat (tokens * k) list of choices that name an expert, int64 (n). */
function places({ e, input }: OperatorContext, expert: number): string {
  const chosen = input(2);
  const flat = e.once(`choices ${chosen}`, () => e.one('Reshape', [chosen, e.integers([-1])]));
  return e.once(`choices ${chosen} ${expert}`, () =>
    e.one('Reshape', [e.one('NonZero', [e.one('Equal', [flat, e.integer(expert)])]), e.integers([-1])]),
  );
}

/** The matrix (out, in) of one expert: a tensor of its own, or a part of one that holds all. */
function matrix({ e, widen }: OperatorContext, tensors: readonly TensorPlan[], expert: number): string {
  if (tensors.length > 1) return widen(tensors[expert]!);
  return widen(tensors[0]!, e.one('Gather', [tensors[0]!.name, e.integer(expert)], { axis: 0 }));
}

/** (tokens, in) shared by a token's choices, or (tokens, k, in): the rows at the places of one expert. */
function rowsAt(context: OperatorContext, at: string): string {
  const { e, input, type } = context;
  const x = input(0);
  return e.once(`rows ${x} ${at}`, () => {
    if (type(0).shape.length === 2) return e.one('Gather', [x, e.one('Div', [at, e.integer(fixed(type(2))[0]!)])], { axis: 0 });
    const flat = e.once(`flat ${x}`, () => e.one('Reshape', [x, e.integers([-1, fixed(type(0)).at(-1)!])]));
    return e.one('Gather', [flat, at], { axis: 0 });
  });
}

const column = (e: Emitter, x: string): string => e.one('Unsqueeze', [x, e.integers([1])]);

export const linearExperts: Operator = (context) => {
  const { e, stored, type } = context;
  const [experts, out] = fixed(type(1)) as [number, number];
  const perToken = fixed(type(2))[0]!;
  const tensors = stored(1);
  const chosen = Array.from({ length: experts }, (_, expert) => places(context, expert));
  const answers = chosen.map((at, expert) => e.one('Gemm', [rowsAt(context, at), matrix(context, tensors, expert)], { transB: 1 }));
  const [all, where] = [e.one('Concat', answers, { axis: 0 }), e.one('Concat', chosen, { axis: 0 })];
  const scattered = e.one('ScatterND', [all, column(e, where), all]);
  return [e.one('Reshape', [scattered, e.integers([-1, perToken, out])])];
};
