// A compiled graph: a flat list of instructions over numbered values, each with its place. What every backend runs.
import type { Sizes } from '../base/shape.js';
import type { OpName } from '../ops/index.js';
import type { Attributes, ValueType } from '../ops/op.js';

/** Where a value lies. Arena offsets are bytes and multiples of 64; everything else is found by name. */
export type Place =
  { readonly kind: 'arena'; readonly offset: number } | { readonly kind: 'weight' | 'constant' | 'input' | 'state'; readonly name: string };

export interface ProgramValue {
  readonly type: ValueType;
  readonly place: Place;
  /** Bytes at the program's largest sizes; 0 for weights, which keep their own. */
  readonly bytes: number;
  /** The value whose storage this one shares: what a view looks at, what a written state was before. */
  readonly of?: number;
}

export interface Instruction {
  readonly op: OpName;
  /** Value numbers. */
  readonly inputs: readonly (number | undefined)[];
  /** Undefined where nothing reads the output. */
  readonly outputs: readonly (number | undefined)[];
  readonly attributes: Attributes;
  /** True when it touches what an instruction since the last barrier wrote, or writes what one read. */
  readonly barrier: boolean;
}

export interface Program {
  /** The largest sizes that one step may have. */
  readonly sizes: Sizes;
  readonly values: readonly ProgramValue[];
  readonly instructions: readonly Instruction[];
  readonly arenaBytes: number;
  readonly outputs: Readonly<Record<string, number>>;
}

/** Named leaves of one kind with their types, in order of first use. */
export function leavesOf(program: Program, kind: 'weight' | 'constant' | 'input' | 'state'): ReadonlyMap<string, ValueType> {
  const found = new Map<string, ValueType>();
  for (const { place, type } of program.values) if (place.kind === kind) found.set(place.name, type);
  return found;
}
