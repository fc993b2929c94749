// Where everything lies in the arena's buffer: step inputs, constants, tables of the step, activations. Offsets are words of 32 bits.
import { bind } from '../../base/shape.js';
import { opOf } from '../../ops/index.js';
import type { Instruction, Program } from '../../graph/program.js';
import type { Call } from './kernel.js';
import { kernelOf } from './kernels/index.js';

/** Words of every guard, and what fills them. */
export const guardWords = 16;
export const canary = 0x7fc0dead;

export interface Layout {
  /** First word of each value by its number; -1 for weights and states, which have buffers of their own. */
  readonly words: readonly number[];
  /** First word of the table of an instruction, by its key. */
  readonly tables: ReadonlyMap<string, number>;
  /** First word of what kernels keep between their dispatches: one place for all, as none runs beside another. */
  readonly scratch: number;
  readonly bytes: number;
  /** First words of the canaries; none without `guard`. */
  readonly guards: readonly number[];
}

export const operandOf = (program: Program, number: number | undefined, sizes = program.sizes) => {
  if (number === undefined) return undefined;
  const { shape, format } = program.values[number]!.type;
  return { shape: bind(shape, sizes), format };
};

export const callOf = (program: Program, { inputs, outputs, attributes }: Instruction, sizes = program.sizes): Call => ({
  inputs: inputs.map((number) => operandOf(program, number, sizes)),
  outputs: outputs.map((number) => operandOf(program, number, sizes)),
  attributes,
});

/** Instructions that read the same table have the same key: the one of every layer's rope. */
export function tableKey(program: Program, instruction: Instruction): string | undefined {
  if (kernelOf(instruction.op).table === undefined) return undefined;
  return JSON.stringify([tableReads(instruction).map((number) => program.values[number]!.place), instruction.attributes]);
}

/** Values that an instruction's table is made from. */
export function tableReads(instruction: Instruction): readonly number[] {
  const numbers = operandNames(instruction);
  return kernelOf(instruction.op).table!.reads.map((name) => numbers.get(name)!);
}

/** Values that share storage with another lie where that one lies. */
function rootOf(program: Program, number: number): number {
  const { of } = program.values[number]!;
  return of === undefined ? number : rootOf(program, of);
}

export function layOut(program: Program, guard: boolean): Layout {
  const guards: number[] = [];
  let next = 0;
  const take = (bytes: number): number => {
    const words = Math.ceil(bytes / 64) * 16;
    if (guard) {
      guards.push(next);
      next += guardWords;
    }
    const begin = next;
    next += guard ? Math.ceil(bytes / 4) : words;
    if (guard) {
      guards.push(next);
      next = Math.ceil((next + guardWords) / 16) * 16;
    }
    return begin;
  };
  const named = new Map<string, number>();
  const words = program.values.map(() => -1);
  for (const [number, { place, bytes }] of program.values.entries()) {
    if (place.kind !== 'input' && place.kind !== 'constant') continue;
    const key = `${place.kind} ${place.name}`;
    if (!named.has(key)) named.set(key, take(bytes));
    words[number] = named.get(key)!;
  }
  const tables = new Map<string, number>();
  for (const instruction of program.instructions) {
    const key = tableKey(program, instruction);
    if (key === undefined || tables.has(key)) continue;
    const reads = tableReads(instruction).map((number) => operandOf(program, number)!);
    tables.set(key, take(4 * kernelOf(instruction.op).table!.length(reads)));
  }
  const scratch = take(4 * Math.max(0, ...program.instructions.map((each) => kernelOf(each.op).scratch?.(callOf(program, each)) ?? 0)));
  const activations = guard ? 0 : take(program.arenaBytes);
  for (const [number, { place, bytes }] of program.values.entries()) {
    if (place.kind !== 'arena') continue;
    const root = rootOf(program, number);
    if (root !== number) words[number] = words[root]!;
    else words[number] = guard ? take(bytes) : activations + place.offset / 4;
  }
  return { words, tables, scratch, bytes: Math.max(64, next * 4), guards };
}

/** Names of an op's operands with the numbers of their values: inputs, then outputs. */
export function operandNames({ op, inputs, outputs }: Instruction): ReadonlyMap<string, number | undefined> {
  const row = opOf(op);
  return new Map([
    ...row.outputs.map((name, index) => [name, outputs[index]] as const),
    ...row.inputs.map((name, index) => [name.replace('?', ''), inputs[index]] as const),
  ]);
}
