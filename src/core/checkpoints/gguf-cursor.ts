// Reads GGUF's scalars, strings and arrays from the start of a file through one moving window of bytes.
import type { Json } from '../base/event.js';
import { decodeText, malformed, type ByteSource } from './files.js';

const windowBytes = 1 << 20;
/** Bytes of one string; no real template comes near. */
const longestString = 64 << 20;
/** Metadata and tensor list together. */
const longestHeader = 160 << 20;
/** Elements of all arrays together; the largest vocabularies and merge lists need some two million. */
const mostElements = 16 << 20;

export interface GgufCursor {
  /** Position in the file. */
  readonly at: () => number;
  uint32(field: string): Promise<number>;
  /** 64-bit counts, sizes and offsets: whole numbers below 2^53. */
  count(field: string): Promise<number>;
  text(field: string): Promise<string>;
  /** One value of a metadata type. */
  value(type: number, field: string): Promise<Json>;
}

interface ScalarType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => Json;
}

/** Whole numbers that a double cannot hold stay exact as decimal text. */
const wide = (value: bigint): Json => (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString());

/** Metadata types by id; 8 is a string and 9 an array. */
const scalars: Readonly<Record<number, ScalarType>> = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  10: { bytes: 8, read: (view, at) => wide(view.getBigUint64(at, true)) },
  11: { bytes: 8, read: (view, at) => wide(view.getBigInt64(at, true)) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};
const stringType = 8;
const arrayType = 9;

export function ggufCursor(source: ByteSource): GgufCursor {
  let buffer: Buffer = Buffer.alloc(0);
  let view: DataView = new DataView(buffer.buffer);
  let start = 0; // file position of the window's first byte
  let next = 0; // position in the window
  let elements = 0;

  /** Makes the next `length` bytes readable in the window. */
  async function need(length: number, field: string): Promise<void> {
    const position = start + next;
    if (length > source.size - position)
      throw malformed(source.path, `${field} needs bytes ${position} to ${position + length}, the file has ${source.size}`);
    if (position + length > longestHeader) throw malformed(source.path, `the header goes beyond ${longestHeader} bytes at ${field}`);
    const bytes = await source.read(position, Math.min(source.size - position, Math.max(windowBytes, length)), field);
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

  /** Elements of a string array. They may hold broken UTF-8 (pieces of a vocabulary do), which is replaced. */
  async function texts(length: number, field: string): Promise<string[]> {
    const values = new Array<string>(length);
    for (let index = 0; index < length; index++) {
      // The fast way: length and bytes are in the window.
      let size = buffer.length - next >= 8 && view.getUint32(next + 4, true) === 0 ? view.getUint32(next, true) : -1;
      if (size < 0 || buffer.length - next - 8 < size) {
        size = await stringLength(`${field}[${index}]`);
        if (buffer.length - next < size) await need(size, `${field}[${index}]`);
      } else {
        next += 8;
      }
      values[index] = buffer.toString('utf8', next, next + size);
      next += size;
    }
    return values;
  }

  async function array(field: string): Promise<Json[]> {
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
    const values = new Array<Json>(length);
    const stride = scalar.bytes;
    for (let index = 0; index < length; index++) {
      if (buffer.length - next < stride) await need(stride, field);
      values[index] = scalar.read(view, next);
      next += stride;
    }
    return values;
  }

  async function value(type: number, field: string): Promise<Json> {
    if (type === stringType) return text(field);
    if (type === arrayType) return array(field);
    const scalar = scalars[type];
    if (scalar === undefined) throw malformed(source.path, `${field} has the unknown type ${type}`);
    const at = await take(scalar.bytes, field);
    return scalar.read(view, at);
  }

  return { at: () => start + next, uint32, count, text, value };
}
