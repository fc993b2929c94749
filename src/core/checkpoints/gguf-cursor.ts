// Reads GGUF's scalars, strings and arrays from the start of a file through one moving window of bytes.
import type { Json } from '../base/event.js';
import { decodeText, malformed, type ByteSource } from './files.js';
import { escapeBytes } from './gguf-text.js';
import type { GgufValue } from './gguf-value.js';

/** The window grows from the first to the last: small headers cost little to read from afar. */
const firstWindow = 1 << 16;
const largestWindow = 1 << 20;
/** Bytes of one string; no real template comes near. */
const longestString = 64 << 20;
/** Metadata and tensor list together. */
const longestHeader = 160 << 20;
/** Elements of all arrays together; the largest vocabularies and merge lists need some two million. */
const mostElements = 5 << 19;

export interface GgufCursor {
  /** Position in the file. */
  readonly at: () => number;
  uint32(field: string): Promise<number>;
  /** 64-bit counts, sizes and offsets: whole numbers below 2^53. */
  count(field: string): Promise<number>;
  text(field: string): Promise<string>;
  /** One value of a metadata type. */
  value(type: number, field: string): Promise<CursorValue>;
}

/** A value as the file has it, and as config: whole numbers that a double cannot hold become decimal text, broken UTF-8 is replaced. */
export interface CursorValue {
  readonly typed: GgufValue;
  readonly json: Json;
}

type Scalar = number | bigint | boolean;
interface ScalarType {
  readonly type: Exclude<GgufValue['type'], 'array' | 'string'>;
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => Scalar;
}

const wide = (value: bigint): number | bigint => (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);
const asJson = (value: Scalar): Json => (typeof value === 'bigint' ? value.toString() : value);

/** Metadata types by id; 8 is a string and 9 an array. */
const scalars: Readonly<Record<number, ScalarType>> = {
  0: { type: 'u8', bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { type: 'i8', bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { type: 'u16', bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { type: 'i16', bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { type: 'u32', bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { type: 'i32', bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { type: 'f32', bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { type: 'bool', bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  10: { type: 'u64', bytes: 8, read: (view, at) => wide(view.getBigUint64(at, true)) },
  11: { type: 'i64', bytes: 8, read: (view, at) => wide(view.getBigInt64(at, true)) },
  12: { type: 'f64', bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};
const stringType = 8;
const arrayType = 9;

export function ggufCursor(source: ByteSource): GgufCursor {
  let buffer: Buffer = Buffer.alloc(0);
  let view: DataView = new DataView(buffer.buffer);
  let start = 0; // file position of the window's first byte
  let next = 0; // position in the window
  let elements = 0;
  let windowBytes = firstWindow;

  /** Makes the next `length` bytes readable in the window. */
  async function need(length: number, field: string): Promise<void> {
    const position = start + next;
    if (length > source.size - position)
      throw malformed(source.path, `${field} needs bytes ${position} to ${position + length}, the file has ${source.size}`);
    if (position + length > longestHeader) throw malformed(source.path, `the header goes beyond ${longestHeader} bytes at ${field}`);
    const bytes = await source.read(position, Math.min(source.size - position, Math.max(windowBytes, length)), field);
    windowBytes = Math.min(2 * windowBytes, largestWindow);
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    start = position;
    next = 0;
  }

  async function take(length: number, field: string): Promise<number> {
    if (buffer.length - next < length) await need(length, field);
    next += length;
    return next - length;
  }

  const uint32 = async (field: string): Promise<number> => {
    const at = await take(4, field);
    return view.getUint32(at, true);
  };

  async function count(field: string): Promise<number> {
    const at = await take(8, field);
    const high = view.getUint32(at + 4, true);
    if (high >= 0x200000) throw malformed(source.path, `${field} is ${view.getBigUint64(at, true)}, beyond any file`);
    return high * 0x100000000 + view.getUint32(at, true);
  }

  async function stringLength(field: string): Promise<number> {
    const length = await count(`the length of ${field}`);
    if (length > longestString) throw malformed(source.path, `${field} is ${length} bytes long, more than ${longestString}`);
    return length;
  }

  async function text(field: string): Promise<string> {
    const length = await stringLength(field);
    const at = await take(length, field);
    return decodeText(source.path, buffer.subarray(at, at + length), field);
  }

  /** Elements of a string array. They may hold broken UTF-8 (pieces of a vocabulary do). */
  async function texts(length: number, field: string): Promise<CursorValue> {
    const values = new Array<string>(length);
    const broken = new Map<number, string>();
    for (let index = 0; index < length; index++) {
      // The fast way: length and bytes are in the window.
      let size = buffer.length - next >= 8 && view.getUint32(next + 4, true) === 0 ? view.getUint32(next, true) : -1;
      if (size < 0 || buffer.length - next - 8 < size) {
        size = await stringLength(`${field}[${index}]`);
        if (buffer.length - next < size) await need(size, `${field}[${index}]`);
      } else {
        next += 8;
      }
      const value = buffer.toString('utf8', next, next + size);
      if (value.includes('\ufffd')) {
        const exact = escapeBytes(buffer.subarray(next, next + size));
        if (exact !== value) broken.set(index, exact);
      }
      values[index] = value;
      next += size;
    }
    const exact = broken.size === 0 ? values : values.map((value, index) => broken.get(index) ?? value);
    return { typed: { type: 'array', of: 'string', value: exact }, json: values };
  }

  async function array(field: string): Promise<CursorValue> {
    const type = await uint32(`the element type of ${field}`);
    const length = await count(`the length of ${field}`);
    const scalar = scalars[type];
    if (scalar === undefined && type !== stringType)
      throw malformed(source.path, `${field} has elements of type ${type}${type === arrayType ? ' (arrays do not nest)' : ''}`);
    const least = length * (scalar?.bytes ?? 8);
    if (least > source.size - start - next)
      throw malformed(source.path, `${field} has ${length} elements, ${source.size - start - next} bytes are left`);
    elements += length;
    if (elements > mostElements) throw malformed(source.path, `the arrays up to ${field} have ${elements} elements, more than ${mostElements}`);
    if (scalar === undefined) return texts(length, field);
    const values = new Array<Scalar>(length);
    const stride = scalar.bytes;
    let isWide = false;
    for (let index = 0; index < length; index++) {
      if (buffer.length - next < stride) await need(stride, field);
      const element = scalar.read(view, next);
      isWide ||= typeof element === 'bigint';
      values[index] = element;
      next += stride;
    }
    const typed = { type: 'array', of: scalar.type, value: values } as GgufValue;
    return { typed, json: isWide ? values.map(asJson) : (values as Json[]) };
  }

  async function value(type: number, field: string): Promise<CursorValue> {
    if (type === stringType) {
      const json = await text(field);
      return { typed: { type: 'string', value: json }, json };
    }
    if (type === arrayType) return array(field);
    const scalar = scalars[type];
    if (scalar === undefined) throw malformed(source.path, `${field} has the unknown type ${type}`);
    const at = await take(scalar.bytes, field);
    const read = scalar.read(view, at);
    return { typed: { type: scalar.type, value: read } as GgufValue, json: asJson(read) };
  }

  return { at: () => start + next, uint32, count, text, value };
}
