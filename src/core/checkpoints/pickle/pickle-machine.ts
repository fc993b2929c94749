// The state of a pickle that is being read: bytes, stack, marks and memo, each with its bound. Knows no opcode.
import { LlmxError } from '../../base/error.js';
import { malformed } from '../files.js';
import type { GlobalTable, PickleValue } from './pickle-value.js';

/** Most opcodes of one pickle. A tensor takes some 45. */
const mostOpcodes = 1 << 24;
const mostStacked = 1 << 20;
const mostMarks = 4096;
/** Bytes that the values of one pickle may take in memory, roughly reckoned. */
const mostMemory = 256 << 20;
const longestLine = 4096;

/** Thrown where the bytes end inside the pickle: whoever holds more of the file may try again. */
export const endOfBytes = new Error('the bytes end inside the pickle');

export type PickleDict = Map<PickleValue, PickleValue>;

export interface Machine {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Where `bytes` begin in what `path` names. */
  readonly base: number;
  readonly globals: GlobalTable;
  readonly stack: PickleValue[];
  /** Heights of the stack. */
  readonly marks: number[];
  readonly memo: PickleValue[];
  /** Ids of the things outside that the pickle names, in order. */
  readonly references: PickleValue[];
  /** The next byte to be read. */
  position: number;
  /** Where the opcode that is being carried out stands. */
  opcodeAt: number;
  opcodes: number;
  memory: number;
}

export const newMachine = (path: string, bytes: Uint8Array, base: number, globals: GlobalTable): Machine => ({
  path,
  bytes,
  base,
  globals,
  stack: [],
  marks: [],
  memo: [],
  references: [],
  position: 0,
  opcodeAt: 0,
  opcodes: 0,
  memory: 0,
});

const place = (machine: Machine): string => `at byte ${machine.base + machine.opcodeAt}`;

/** A pickle that no Python would have written. */
export function fail(machine: Machine, problem: string): never {
  throw malformed(machine.path, `${problem} ${place(machine)}`);
}

/** A pickle that asks for something that is not done here. */
export function refuse(machine: Machine, problem: string, hint: string): never {
  throw new LlmxError('unsupported', `${machine.path}: ${problem} ${place(machine)}`, hint);
}

/** Counts memory against the bound. */
export function spend(machine: Machine, bytes: number): void {
  machine.memory += bytes;
  if (machine.memory > mostMemory) fail(machine, `values of more than ${mostMemory} bytes`);
}

/** The next opcode's byte. */
export function nextOpcode(machine: Machine): number {
  machine.opcodeAt = machine.position;
  if (++machine.opcodes > mostOpcodes) fail(machine, `more than ${mostOpcodes} opcodes`);
  return takeByte(machine);
}

function advance(machine: Machine, length: number): number {
  const before = machine.position;
  if (length > machine.bytes.length - before) throw endOfBytes;
  machine.position += length;
  return before;
}

export const takeByte = (machine: Machine): number => machine.bytes[advance(machine, 1)]!;

export function takeView(machine: Machine, length: number): DataView {
  const start = advance(machine, length);
  return new DataView(machine.bytes.buffer, machine.bytes.byteOffset + start, length);
}

export function takeBytes(machine: Machine, length: number): Uint8Array {
  const start = advance(machine, length);
  return machine.bytes.subarray(start, start + length);
}

/** A 64-bit length; what is beyond 2^53 is beyond the bytes as well. */
export const takeLength64 = (machine: Machine): number => Number(takeView(machine, 8).getBigUint64(0, true));

/** The bytes up to the next line feed, as Latin-1 text. */
export function takeLine(machine: Machine): string {
  const { bytes, position } = machine;
  const length = bytes.subarray(position, position + longestLine).indexOf(0x0a);
  if (length < 0 && bytes.length - position >= longestLine) fail(machine, `a line of more than ${longestLine} bytes`);
  if (length < 0) throw endOfBytes;
  const line = takeBytes(machine, length + 1).subarray(0, length);
  spend(machine, length);
  return Buffer.from(line).toString('latin1');
}

export function push(machine: Machine, value: PickleValue): void {
  if (machine.stack.length >= mostStacked) fail(machine, `a stack of more than ${mostStacked} values`);
  machine.stack.push(value);
}

const floor = (machine: Machine): number => machine.marks.at(-1) ?? 0;

export function pop(machine: Machine): PickleValue {
  if (machine.stack.length <= floor(machine)) fail(machine, 'nothing on the stack');
  return machine.stack.pop()!;
}

export function top(machine: Machine): PickleValue {
  if (machine.stack.length <= floor(machine)) fail(machine, 'nothing on the stack');
  return machine.stack.at(-1)!;
}

export function pushMark(machine: Machine): void {
  if (machine.marks.length >= mostMarks) fail(machine, `more than ${mostMarks} marks`);
  machine.marks.push(machine.stack.length);
}

/** Everything above the last mark; the mark goes too. */
export function popToMark(machine: Machine): PickleValue[] {
  const start = machine.marks.pop();
  if (start === undefined) return fail(machine, 'no mark on the stack');
  return machine.stack.splice(start);
}

/** One value, or the mark where nothing lies above it. */
export function discard(machine: Machine): void {
  if (machine.marks.length > 0 && machine.stack.length === floor(machine)) machine.marks.pop();
  else pop(machine);
}

/** A new array, counted. */
export function newList(machine: Machine, items: PickleValue[]): PickleValue[] {
  spend(machine, 64 + 8 * items.length);
  return items;
}

export function append(machine: Machine, list: PickleValue, items: readonly PickleValue[]): void {
  if (!Array.isArray(list)) fail(machine, 'something is appended to what is no list');
  spend(machine, 8 * items.length);
  for (const item of items) list.push(item);
}

export function newDict(machine: Machine): PickleDict {
  spend(machine, 256);
  return new Map();
}

/** `items` are keys and values by turns. */
export function setItems(machine: Machine, dict: PickleValue, items: readonly PickleValue[]): void {
  if (!(dict instanceof Map)) fail(machine, 'an item is set in what is no dict');
  if (items.length % 2 !== 0) fail(machine, 'a key without a value');
  spend(machine, 24 * items.length);
  for (let index = 0; index < items.length; index += 2) dict.set(items[index]!, items[index + 1]!);
}

/** Python numbers what it remembers from 0 on, so no index is beyond the opcodes read. */
export function remember(machine: Machine, index: number): void {
  if (index > machine.opcodes) fail(machine, `something is remembered as ${index}`);
  spend(machine, 32);
  machine.memo[index] = top(machine);
}

export function recall(machine: Machine, index: number): void {
  const value = machine.memo[index];
  if (value === undefined) fail(machine, `nothing is remembered as ${index}`);
  push(machine, value);
}
