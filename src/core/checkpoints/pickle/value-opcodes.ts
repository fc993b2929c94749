// Opcodes that push a constant: numbers, text, bytes. Protocol 0 writes them as lines, later ones as bytes.
import type { OpcodeTable } from './opcode.js';
import { fail, push, spend, takeByte, takeBytes, takeLength64, takeLine, takeView, type Machine } from './pickle-machine.js';

const mostDigits = 1024;

/** A number where JavaScript has it exactly, else a bigint. */
const wholeNumber = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

/** Little-endian two's complement. */
function takeLong(machine: Machine, length: number): number | bigint {
  if (length > mostDigits) fail(machine, `a whole number of ${length} bytes`);
  spend(machine, length);
  const bytes = takeBytes(machine, length);
  if (length === 0) return 0;
  const digits = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return wholeNumber(BigInt.asIntN(8 * length, digits));
}

function decimal(machine: Machine, line: string): number | bigint {
  if (!/^[+-]?\d+$/.test(line) || line.length > mostDigits) fail(machine, 'a line that is no whole number');
  return wholeNumber(BigInt(line.replace(/^\+/, '')));
}

/** `float.__repr__`: also inf, -inf and nan. */
function real(machine: Machine, line: string): number {
  const named = { inf: Infinity, '-inf': -Infinity, nan: NaN }[line];
  if (named !== undefined) return named;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line) ? Number(line) : NaN;
  return Number.isNaN(value) ? fail(machine, 'a line that is no number') : value;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function takeText(machine: Machine, length: number): string {
  const bytes = takeBytes(machine, length);
  spend(machine, 32 + 2 * length);
  try {
    return strict.decode(bytes);
  } catch {
    return fail(machine, 'text that is not valid UTF-8');
  }
}

function takeOwnBytes(machine: Machine, length: number): Uint8Array {
  const bytes = takeBytes(machine, length);
  spend(machine, 96 + length);
  return bytes.slice();
}

/** Text of Python 2, which did not tell bytes from text: bytes where it is no UTF-8. */
function takeOldText(machine: Machine, length: number): string | Uint8Array {
  const bytes = takeOwnBytes(machine, length);
  try {
    return strict.decode(bytes);
  } catch {
    return bytes;
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The text of `repr`: quotes and backslashes. */
function quotedText(machine: Machine, line: string): string {
  const inside = /^(["'])(.*)\1$/s.exec(line)?.[2];
  if (inside === undefined) return fail(machine, 'text without quotes');
  return inside.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (escapes[character] ?? character) : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Latin-1 with \uXXXX and \UXXXXXXXX. */
const rawUnicode = (machine: Machine, line: string): string =>
  line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short: string | undefined, long: string) => {
    const code = parseInt(short ?? long, 16);
    return code > 0x10ffff ? fail(machine, 'text with a character beyond Unicode') : String.fromCodePoint(code);
  });

export const valueOpcodes: OpcodeTable = {
  N: ['NONE', (machine) => push(machine, null)],
  '\x88': ['NEWTRUE', (machine) => push(machine, true)],
  '\x89': ['NEWFALSE', (machine) => push(machine, false)],
  // Protocol 0 spells truth as the numbers 00 and 01.
  I: [
    'INT',
    (machine) => {
      const line = takeLine(machine);
      push(machine, line === '00' ? false : line === '01' ? true : decimal(machine, line));
    },
  ],
  L: ['LONG', (machine) => push(machine, decimal(machine, takeLine(machine).replace(/L$/, '')))],
  F: ['FLOAT', (machine) => push(machine, real(machine, takeLine(machine)))],
  J: ['BININT', (machine) => push(machine, takeView(machine, 4).getInt32(0, true))],
  K: ['BININT1', (machine) => push(machine, takeByte(machine))],
  M: ['BININT2', (machine) => push(machine, takeView(machine, 2).getUint16(0, true))],
  '\x8a': ['LONG1', (machine) => push(machine, takeLong(machine, takeByte(machine)))],
  '\x8b': ['LONG4', (machine) => push(machine, takeLong(machine, takeView(machine, 4).getUint32(0, true)))],
  G: ['BINFLOAT', (machine) => push(machine, takeView(machine, 8).getFloat64(0, false))],
  S: ['STRING', (machine) => push(machine, quotedText(machine, takeLine(machine)))],
  T: ['BINSTRING', (machine) => push(machine, takeOldText(machine, takeView(machine, 4).getUint32(0, true)))],
  U: ['SHORT_BINSTRING', (machine) => push(machine, takeOldText(machine, takeByte(machine)))],
  V: ['UNICODE', (machine) => push(machine, rawUnicode(machine, takeLine(machine)))],
  X: ['BINUNICODE', (machine) => push(machine, takeText(machine, takeView(machine, 4).getUint32(0, true)))],
  '\x8c': ['SHORT_BINUNICODE', (machine) => push(machine, takeText(machine, takeByte(machine)))],
  '\x8d': ['BINUNICODE8', (machine) => push(machine, takeText(machine, takeLength64(machine)))],
  B: ['BINBYTES', (machine) => push(machine, takeOwnBytes(machine, takeView(machine, 4).getUint32(0, true)))],
  C: ['SHORT_BINBYTES', (machine) => push(machine, takeOwnBytes(machine, takeByte(machine)))],
  '\x8e': ['BINBYTES8', (machine) => push(machine, takeOwnBytes(machine, takeLength64(machine)))],
  '\x96': ['BYTEARRAY8', (machine) => push(machine, takeOwnBytes(machine, takeLength64(machine)))],
};
