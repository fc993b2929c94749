// Writes pickles of protocol 2 byte for byte as Python's own pickler does, for the few values that are needed. Knows no PyTorch.

/** Items that Python sets at a time. */
const batch = 1000;

/** What can be written. Each part is written once for every place where it stands; what Python shares is shared by name. */
export type Writable =
  | boolean
  | number
  /** Text of its own: remembered, never recalled. */
  | string
  /** Text that Python has once, however often it stands: recalled after the first time. */
  | { readonly constant: string }
  | { readonly tuple: readonly Writable[] }
  | { readonly dict: readonly (readonly [Writable, Writable])[] }
  /** `module.name`, recalled after the first time. */
  | { readonly global: readonly [module: string, name: string] }
  | { readonly call: Writable; readonly with: readonly Writable[] }
  /** Something outside the pickle, by its id. */
  | { readonly reference: Writable };

interface Output {
  readonly parts: Uint8Array[];
  readonly memo: Map<string, number>;
  remembered: number;
}

const opcode = (character: string, operand: Uint8Array = new Uint8Array()): Uint8Array => Buffer.concat([Buffer.from(character, 'latin1'), operand]);

function little(bytes: number, value: number): Uint8Array {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

function whole(value: number): Uint8Array {
  if (value >= 0 && value < 1 << 8) return opcode('K', little(1, value));
  if (value >= 0 && value < 1 << 16) return opcode('M', little(2, value));
  if (value >= -(2 ** 31) && value < 2 ** 31) return opcode('J', little(4, value >>> 0));
  // Two's complement in as few bytes as keep the sign.
  const bytes = Math.ceil((BigInt(value < 0 ? -value - 1 : value).toString(2).length + 1) / 8);
  const digits = BigInt.asUintN(8 * bytes, BigInt(value))
    .toString(16)
    .padStart(2 * bytes, '0');
  return opcode('\x8a', Buffer.concat([little(1, bytes), Buffer.from(digits, 'hex').reverse()]));
}

function remember(output: Output): void {
  const index = output.remembered++;
  output.parts.push(index < 256 ? opcode('q', little(1, index)) : opcode('r', little(4, index)));
}

function recall(output: Output, index: number): void {
  output.parts.push(index < 256 ? opcode('h', little(1, index)) : opcode('j', little(4, index)));
}

/** Writes what is recalled by a key the first time, and its place in the memo afterwards. */
function once(output: Output, key: string, bytes: () => Uint8Array): void {
  const known = output.memo.get(key);
  if (known !== undefined) return recall(output, known);
  output.parts.push(bytes());
  output.memo.set(key, output.remembered);
  remember(output);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return opcode('X', Buffer.concat([little(4, bytes.length), bytes]));
}

function tuple(output: Output, items: readonly Writable[]): void {
  if (items.length === 0) return void output.parts.push(opcode(')'));
  if (items.length > 3) output.parts.push(opcode('('));
  for (const item of items) write(output, item);
  output.parts.push(opcode(['', '\x85', '\x86', '\x87'][items.length] ?? 't'));
  remember(output);
}

function dict(output: Output, items: readonly (readonly [Writable, Writable])[]): void {
  output.parts.push(opcode('}'));
  remember(output);
  // A dict of one item is set without a mark. After a full batch comes another, be it empty.
  const alone = items.length === 1;
  for (let start = 0; start < items.length || (start > 0 && start === items.length); start += batch) {
    if (!alone) output.parts.push(opcode('('));
    for (const [key, value] of items.slice(start, start + batch)) {
      write(output, key);
      write(output, value);
    }
    output.parts.push(opcode(alone ? 's' : 'u'));
  }
}

function write(output: Output, value: Writable): void {
  if (typeof value === 'boolean') return void output.parts.push(opcode(value ? '\x88' : '\x89'));
  if (typeof value === 'number') return void output.parts.push(whole(value));
  if (typeof value === 'string') {
    output.parts.push(text(value));
    return remember(output);
  }
  if ('constant' in value) return once(output, `text ${value.constant}`, () => text(value.constant));
  if ('global' in value) return once(output, `global ${value.global.join(' ')}`, () => opcode('c', Buffer.from(`${value.global.join('\n')}\n`)));
  if ('tuple' in value) return tuple(output, value.tuple);
  if ('dict' in value) return dict(output, value.dict);
  if ('reference' in value) {
    write(output, value.reference);
    return void output.parts.push(opcode('Q'));
  }
  write(output, value.call);
  tuple(output, value.with);
  output.parts.push(opcode('R'));
  remember(output);
}

/** Whole numbers must be below 2^53. */
export function writePickle(value: Writable): Uint8Array {
  const output: Output = { parts: [opcode('\x80', little(1, 2))], memo: new Map(), remembered: 0 };
  write(output, value);
  output.parts.push(opcode('.'));
  return Buffer.concat(output.parts);
}
