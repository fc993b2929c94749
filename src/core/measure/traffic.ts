// What a run must move and compute, from its program and the op table: the ground under every share of a ceiling. Pure.
import { bind, count, type Sizes } from '../base/shape.js';
import type { StoredWeight } from '../checkpoints/checkpoint.js';
import type { Instruction, Program } from '../graph/program.js';
import { opOf } from '../ops/index.js';
import type { Operand } from '../ops/op.js';
import type { ThroughputTest } from './throughput.js';

export interface Traffic {
  /** Bytes of weights as they are stored. */
  readonly weightBytes: number;
  /** Bytes of activations, constants and state. */
  readonly otherBytes: number;
  /** Arithmetic operations; a multiply-add is two. */
  readonly operations: number;
  readonly hasWeights: boolean;
}

interface Step {
  readonly tokens: number;
  readonly rows: number;
  /** Positions that a token looks back on, its own among them; the mean over the step. */
  readonly positions: number;
}

const none: Traffic = { weightBytes: 0, otherBytes: 0, operations: 0, hasWeights: false };

const add = (left: Traffic, right: Traffic, times = 1): Traffic => ({
  weightBytes: left.weightBytes + times * right.weightBytes,
  otherBytes: left.otherBytes + times * right.otherBytes,
  operations: left.operations + times * right.operations,
  hasWeights: left.hasWeights || right.hasWeights,
});

/** Operations look at shapes and lengths only. */
const sized = (shape: readonly number[]): Operand => ({ shape, data: { length: count(shape) } as Operand['data'] });

const storedBytes = ({ segments }: StoredWeight): number =>
  segments.reduce((sum, { planes }) => sum + planes.reduce((part, { length }) => part + length, 0), 0);

function instructionTraffic(program: Program, weights: ReadonlyMap<string, StoredWeight>, instruction: Instruction, step: Step): Traffic {
  const { op, inputs, outputs, attributes } = instruction;
  const row = opOf(op);
  const sizes: Sizes = { tokens: step.tokens, rows: step.rows, sequences: 1, table: 1, pages: 1, slots: 1 };
  const valueOf = (number: number | undefined) => (number === undefined ? undefined : program.values[number]!);
  // A paged state as one page that holds all positions.
  const operand = (number: number | undefined): Operand | undefined => {
    const value = valueOf(number);
    if (value === undefined) return undefined;
    const shape = bind(value.type.shape, sizes);
    return sized(value.place.kind === 'state' && value.type.shape[0] === 'pages' ? [1, step.positions, ...shape.slice(2)] : shape);
  };
  const given = inputs.map(operand);
  const made = outputs.map((number) => operand(number) ?? sized([0]));
  const operations = row.operations(given, made, attributes);
  const written = new Set(Object.values(row.aliases ?? {}));
  let [weightBytes, otherBytes, hasWeights] = [0, 0, false];
  for (const [index, number] of inputs.entries()) {
    const value = valueOf(number);
    if (value === undefined) continue;
    const { place, type } = value;
    const values = count(given[index]!.shape);
    if (place.kind === 'weight') {
      // A value takes part in at least one multiply-add, so no more are read than half the operations; tables are looked up by row.
      const whole = count(bind(type.shape, program.sizes));
      const used = operations > 0 ? operations / 2 : count(made[0]!.shape);
      weightBytes += storedBytes(weights.get(place.name)!) * Math.min(1, used / whole);
      hasWeights = true;
    } else if (place.kind === 'state') {
      const bytes = value.bytes / count(bind(type.shape, program.sizes));
      const perPosition = type.shape[0] === 'pages' && written.has(index) ? values / step.positions : undefined;
      otherBytes += bytes * (perPosition === undefined ? values * (written.has(index) ? 2 : 1) : perPosition * step.tokens);
    } else otherBytes += values * 4;
  }
  for (const [index, { shape }] of made.entries()) if (row.aliases?.[index] === undefined) otherBytes += count(shape) * 4;
  return { weightBytes, otherBytes, operations, hasWeights };
}

/** One entry for each instruction: what a whole run of the test moves and computes, its depth left out. */
export function testTraffic(program: Program, weights: ReadonlyMap<string, StoredWeight>, test: ThroughputTest, chunk: number): readonly Traffic[] {
  const steps: { readonly step: Step; readonly times: number }[] = [];
  for (let begin = 0; begin < test.prompt; begin += chunk) {
    const tokens = Math.min(chunk, test.prompt - begin);
    const rows = begin + tokens === test.prompt ? 1 : 0;
    steps.push({ step: { tokens, rows, positions: test.depth + begin + (tokens + 1) / 2 }, times: 1 });
  }
  // Everything is linear in the positions, so that the mean stands for all steps of one token.
  if (test.generate > 0)
    steps.push({ step: { tokens: 1, rows: 1, positions: test.depth + test.prompt + (test.generate + 1) / 2 }, times: test.generate });
  return program.instructions.map((instruction) =>
    steps.reduce((sum, { step, times }) => add(sum, instructionTraffic(program, weights, instruction, step), times), none),
  );
}

export const totalTraffic = (parts: readonly Traffic[]): Traffic => parts.reduce((sum, part) => add(sum, part), none);
