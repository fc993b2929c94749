// Opcodes that build: containers, the stack and the memo, globals and what stands for their calls.
import { printable } from '../../base/printable.js';
import { quoted } from '../../text/quoted.js';
import type { OpcodeTable } from './opcode.js';
import { applyGlobal, globalName } from './pickle-globals.js';
import {
  append,
  discard,
  fail,
  newDict,
  newList,
  pop,
  popToMark,
  push,
  pushMark,
  recall,
  refuse,
  remember,
  setItems,
  spend,
  takeByte,
  takeLength64,
  takeLine,
  takeView,
  top,
  type Machine,
} from './pickle-machine.js';
import { isPickleGlobal, isPickleObject, type PickleGlobal, type PickleValue } from './pickle-value.js';

const newestProtocol = 5;

function global(machine: Machine, module: PickleValue, name: PickleValue): PickleGlobal {
  if (typeof module !== 'string' || typeof name !== 'string') return fail(machine, 'a global whose name is no text');
  const full = globalName(module, name);
  if (!machine.globals.has(full))
    return refuse(
      machine,
      `the pickle asks for ${/^[\w.]{1,80}$/.test(full) ? full : quoted(full)}`,
      'Only tensors and plain data are read, nothing in a pickle is run: save the state dict alone, with torch.save(model.state_dict(), path)',
    );
  spend(machine, 64);
  return { kind: 'global', name: full };
}

function call(machine: Machine, callee: PickleValue, given: PickleValue): PickleValue {
  if (!isPickleGlobal(callee)) return fail(machine, 'something is called that is no global');
  if (!Array.isArray(given)) return fail(machine, `${callee.name} is called without a list of arguments`);
  return applyGlobal(machine, callee, given);
}

/** Sets what an object is made of. Attributes of containers (`_metadata` of a state dict) are no items of theirs and are let go. */
function build(machine: Machine): void {
  const state = pop(machine);
  const target = top(machine);
  if (isPickleObject(target)) target.state = state;
  else if (!(target instanceof Map) && !(target instanceof Set)) fail(machine, 'attributes are set on what has none');
}

const tuple = (machine: Machine, length: number): void => {
  const items: PickleValue[] = [];
  for (let index = 0; index < length; index++) items.unshift(pop(machine));
  push(machine, newList(machine, items));
};

function addToSet(machine: Machine): void {
  const items = popToMark(machine);
  const set = top(machine);
  if (!(set instanceof Set)) return fail(machine, 'something is added to what is no set');
  spend(machine, 48 * items.length);
  for (const item of items) set.add(item);
}

function newSet(machine: Machine, items: readonly PickleValue[]): Set<PickleValue> {
  spend(machine, 256 + 48 * items.length);
  return new Set(items);
}

function reference(machine: Machine): void {
  const id = pop(machine);
  spend(machine, 64);
  machine.references.push(id);
  push(machine, { kind: 'reference', id });
}

const index = (machine: Machine): number => {
  const line = takeLine(machine);
  return /^\d{1,9}$/.test(line) ? Number(line) : fail(machine, `${printable(line.slice(0, 20))} is no place in the memo`);
};

/** The second value from the top, with the top popped. */
function popTwo(machine: Machine): readonly [PickleValue, PickleValue] {
  const second = pop(machine);
  return [pop(machine), second];
}

export const structureOpcodes: OpcodeTable = {
  '\x80': [
    'PROTO',
    (machine) => {
      const protocol = takeByte(machine);
      if (protocol > newestProtocol) refuse(machine, `pickle protocol ${protocol}`, `Protocols up to ${newestProtocol} are read`);
    },
  ],
  '\x95': ['FRAME', (machine) => void takeLength64(machine)],
  '(': ['MARK', pushMark],
  '0': ['POP', discard],
  '1': ['POP_MARK', (machine) => void popToMark(machine)],
  '2': ['DUP', (machine) => push(machine, top(machine))],

  ')': ['EMPTY_TUPLE', (machine) => tuple(machine, 0)],
  '\x85': ['TUPLE1', (machine) => tuple(machine, 1)],
  '\x86': ['TUPLE2', (machine) => tuple(machine, 2)],
  '\x87': ['TUPLE3', (machine) => tuple(machine, 3)],
  t: ['TUPLE', (machine) => push(machine, newList(machine, popToMark(machine)))],
  ']': ['EMPTY_LIST', (machine) => push(machine, newList(machine, []))],
  l: ['LIST', (machine) => push(machine, newList(machine, popToMark(machine)))],
  a: [
    'APPEND',
    (machine) => {
      const item = pop(machine);
      append(machine, top(machine), [item]);
    },
  ],
  e: [
    'APPENDS',
    (machine) => {
      const items = popToMark(machine);
      append(machine, top(machine), items);
    },
  ],
  '}': ['EMPTY_DICT', (machine) => push(machine, newDict(machine))],
  d: [
    'DICT',
    (machine) => {
      const items = popToMark(machine);
      const dict = newDict(machine);
      setItems(machine, dict, items);
      push(machine, dict);
    },
  ],
  s: [
    'SETITEM',
    (machine) => {
      const pair = popTwo(machine);
      setItems(machine, top(machine), pair);
    },
  ],
  u: [
    'SETITEMS',
    (machine) => {
      const items = popToMark(machine);
      setItems(machine, top(machine), items);
    },
  ],
  '\x8f': ['EMPTY_SET', (machine) => push(machine, newSet(machine, []))],
  '\x90': ['ADDITEMS', addToSet],
  '\x91': ['FROZENSET', (machine) => push(machine, newSet(machine, popToMark(machine)))],

  p: ['PUT', (machine) => remember(machine, index(machine))],
  q: ['BINPUT', (machine) => remember(machine, takeByte(machine))],
  r: ['LONG_BINPUT', (machine) => remember(machine, takeView(machine, 4).getUint32(0, true))],
  '\x94': ['MEMOIZE', (machine) => remember(machine, machine.memo.length)],
  g: ['GET', (machine) => recall(machine, index(machine))],
  h: ['BINGET', (machine) => recall(machine, takeByte(machine))],
  j: ['LONG_BINGET', (machine) => recall(machine, takeView(machine, 4).getUint32(0, true))],

  c: [
    'GLOBAL',
    (machine) => {
      const module = takeLine(machine);
      push(machine, global(machine, module, takeLine(machine)));
    },
  ],
  '\x93': ['STACK_GLOBAL', (machine) => push(machine, global(machine, ...popTwo(machine)))],
  R: ['REDUCE', (machine) => push(machine, call(machine, ...popTwo(machine)))],
  '\x81': ['NEWOBJ', (machine) => push(machine, call(machine, ...popTwo(machine)))],
  i: [
    'INST',
    (machine) => {
      const module = takeLine(machine);
      const callee = global(machine, module, takeLine(machine));
      push(machine, call(machine, callee, newList(machine, popToMark(machine))));
    },
  ],
  o: [
    'OBJ',
    (machine) => {
      const [callee = null, ...given] = popToMark(machine);
      push(machine, call(machine, callee, newList(machine, given)));
    },
  ],
  b: ['BUILD', build],
  Q: ['BINPERSID', reference],
};
