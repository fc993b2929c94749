// Reads one pickle, protocols 0 to 5, as data: an opcode or a global that is not in a table is an error, and nothing is ever run.
import type { OpcodeTable } from './opcode.js';
import { endOfBytes, fail, newMachine, nextOpcode, pop, refuse, type Machine } from './pickle-machine.js';
import type { GlobalTable, PickleValue } from './pickle-value.js';
import { structureOpcodes } from './structure-opcodes.js';
import { valueOpcodes } from './value-opcodes.js';

export interface Pickle {
  readonly value: PickleValue;
  /** Ids of the things outside that the pickle names, in order. */
  readonly references: readonly PickleValue[];
  /** Bytes that it took. */
  readonly length: number;
}

const stop = 0x2e;

/** Opcodes of the protocols that ask for code, for registries of the running program, or for buffers beside the pickle. */
const refused: Readonly<Record<string, string>> = {
  P: 'PERSID',
  '\x82': 'EXT1',
  '\x83': 'EXT2',
  '\x84': 'EXT4',
  '\x92': 'NEWOBJ_EX',
  '\x97': 'NEXT_BUFFER',
  '\x98': 'READONLY_BUFFER',
};

const tables: OpcodeTable = { ...valueOpcodes, ...structureOpcodes };

const table: readonly ((machine: Machine) => void)[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const known = Object.hasOwn(tables, character) ? tables[character]![1] : undefined;
  const name = Object.hasOwn(refused, character) ? refused[character] : undefined;
  if (known !== undefined) return known;
  if (name !== undefined)
    return (machine) => refuse(machine, `the opcode ${name}`, 'Only tensors and plain data are read: save the state dict alone');
  return (machine) => fail(machine, `the unknown opcode ${byte}`);
});

/**
 * The pickle at the beginning of `bytes`, or undefined where they end inside it. `path` and `base`, where they begin in it, are for errors.
 * Throws LlmxError `malformed`, or `unsupported` for what is refused by name.
 */
export function readPickle(path: string, bytes: Uint8Array, globals: GlobalTable, base = 0): Pickle | undefined {
  const machine = newMachine(path, bytes, base, globals);
  try {
    for (let opcode = nextOpcode(machine); opcode !== stop; opcode = nextOpcode(machine)) table[opcode]!(machine);
  } catch (thrown) {
    if (thrown === endOfBytes) return undefined;
    throw thrown;
  }
  const value = pop(machine);
  if (machine.stack.length > 0 || machine.marks.length > 0) fail(machine, 'values left on the stack');
  return { value, references: machine.references, length: machine.position };
}
