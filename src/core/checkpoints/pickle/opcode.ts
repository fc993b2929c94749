// What a row of the opcode tables is.
import type { Machine } from './pickle-machine.js';

/** Name as Python's pickletools spells it, and what it does; the opcode itself has been read. */
export type Opcode = readonly [name: string, run: (machine: Machine) => void];

/** By the opcode's byte, written as the character that it is. */
export type OpcodeTable = Readonly<Record<string, Opcode>>;
