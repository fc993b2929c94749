// Python's own globals that stand in pickles of plain data, and what is made of each in place of a call.
import { fail, newDict, setItems, spend, type Machine } from './pickle-machine.js';
import type { GlobalKind, GlobalTable, PickleGlobal, PickleValue } from './pickle-value.js';

export const globalNames = (kind: GlobalKind, list: string): readonly (readonly [string, GlobalKind])[] =>
  list.split(' ').map((name) => [name, kind]);

/** Protocol 2 spells `builtins` as Python 2 did; one spelling stands here. */
export const globalName = (module: string, name: string): string => `${module === '__builtin__' ? 'builtins' : module}.${name}`;

export const pythonGlobals: GlobalTable = new Map([
  ...globalNames('dict', 'collections.OrderedDict collections.Counter collections.defaultdict builtins.dict'),
  ...globalNames('set', 'builtins.set builtins.frozenset'),
  ...globalNames('bytes', '_codecs.encode builtins.bytearray builtins.bytes'),
  ...globalNames('object', 'argparse.Namespace pathlib.PosixPath pathlib.WindowsPath builtins.complex datetime.timedelta'),
  ...globalNames('object', 'numpy.dtype numpy.core.multiarray.scalar numpy._core.multiarray.scalar'),
  // Factories of defaultdict, and types that settings name.
  ...globalNames('name', 'builtins.list builtins.tuple builtins.int builtins.float builtins.str builtins.bool'),
]);

/** What stands in the place of `callee(*given)`. Only globals of the table are ever on the stack. */
export function applyGlobal(machine: Machine, callee: PickleGlobal, given: readonly PickleValue[]): PickleValue {
  const kind = machine.globals.get(callee.name);
  switch (kind) {
    case 'object':
      spend(machine, 96);
      return { kind: 'object', of: callee.name, arguments: given };
    case 'dict':
      return dictOf(machine, callee, given);
    case 'set':
      return setOf(machine, callee, given);
    case 'bytes':
      return bytesOf(machine, callee, given);
    case 'name':
    case undefined:
      return fail(machine, `${callee.name} is called`);
    default:
      return kind satisfies never;
  }
}

/** OrderedDict(), OrderedDict([[key, value], ...]), Counter({...}), defaultdict(factory, {...}). */
function dictOf(machine: Machine, { name }: PickleGlobal, given: readonly PickleValue[]): PickleValue {
  const source = given.at(-1);
  const pairs = source instanceof Map ? [...source] : Array.isArray(source) ? source : [];
  const dict = newDict(machine);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return fail(machine, `${name} is called with something else than pairs`);
    setItems(machine, dict, pair);
  }
  return dict;
}

function setOf(machine: Machine, { name }: PickleGlobal, given: readonly PickleValue[]): PickleValue {
  const [items = []] = given;
  if (given.length > 1 || !Array.isArray(items)) return fail(machine, `${name} is called with something else than a list`);
  spend(machine, 256 + 48 * items.length);
  return new Set(items);
}

/** encode(text, 'latin1') is how protocols below 3 spell bytes. */
function bytesOf(machine: Machine, { name }: PickleGlobal, given: readonly PickleValue[]): PickleValue {
  const [content = '', encoding] = given;
  if (content instanceof Uint8Array && given.length === 1) return content;
  const isLatin = typeof content === 'string' && (content === '' || encoding === 'latin1' || encoding === 'latin-1');
  if (!isLatin || /[^\0-\xff]/.test(content)) return fail(machine, `${name} is called with something else than bytes`);
  spend(machine, 64 + content.length);
  return new Uint8Array(Buffer.from(content, 'latin1'));
}
