// Protobuf's wire format over a file of any size: fields one at a time through a small moving window, payloads as positions. Knows no message.
import { decodeText, malformed, type ByteSource } from '../files.js';

const windowBytes = 1 << 16;
/** A key and a value are varints of at most ten bytes each. */
const longestFront = 20;
const longestVarint = 10;
const longestText = 1 << 16;
/** Fields of one file that are looked at; the graphs of large models have some hundred thousand. */
const mostFields = 1 << 22;

export interface WireField {
  readonly number: number;
  readonly wire: 'varint' | 'bytes' | 'fixed32' | 'fixed64';
  /** A varint's value; Infinity from 2^53 on. 0 for other wires. */
  readonly value: number;
  /** Where the payload lies. */
  readonly begin: number;
  readonly end: number;
}

export interface WireReader {
  readonly source: ByteSource;
  /** The fields of the message that lies at `begin` to `end`, in order; `what` names it in errors. */
  fields(begin: number, end: number, what: string): AsyncGenerator<WireField, void, void>;
  /** The payload as strict UTF-8. */
  text(field: WireField, what: string): Promise<string>;
  /** Repeated varints, packed or single. Throws from 2^53 on, and where there are more than `most`. */
  integers(field: WireField, what: string, most: number): Promise<readonly number[]>;
}

interface Varint {
  readonly value: number;
  readonly length: number;
}

const wires: Readonly<Record<number, WireField['wire']>> = { 0: 'varint', 1: 'fixed64', 2: 'bytes', 5: 'fixed32' };

/** Undefined where the bytes end first, or where it has more than ten. */
function varintAt(bytes: Uint8Array, at: number): Varint | undefined {
  let value = 0;
  let scale = 1;
  for (let length = 1; length <= longestVarint; length++) {
    const byte = bytes[at + length - 1];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value: value > Number.MAX_SAFE_INTEGER ? Infinity : value, length };
  }
  return undefined;
}

export function wireReader(source: ByteSource): WireReader {
  const { path } = source;
  let window: Uint8Array = new Uint8Array();
  let start = 0;
  let seen = 0;

  /** The bytes from `begin` on, at least those up to `end`. */
  async function need(begin: number, end: number, what: string): Promise<Uint8Array> {
    if (begin < start || end > start + window.length) {
      window = await source.read(begin, Math.min(source.size - begin, Math.max(windowBytes, end - begin)), what);
      start = begin;
    }
    return window.subarray(begin - start);
  }

  function varint(bytes: Uint8Array, at: number, end: number, what: string): Varint {
    const found = varintAt(bytes, at);
    if (found === undefined || at + found.length > end) throw malformed(path, `${what} holds a number that does not end`);
    return found;
  }

  function field(bytes: Uint8Array, begin: number, end: number, what: string): WireField {
    const room = end - begin;
    const key = varint(bytes, 0, room, what);
    const number = Math.floor(key.value / 8);
    const wire = wires[key.value % 8];
    if (wire === undefined || number < 1 || number >= 2 ** 29)
      throw malformed(path, `${what} is not a protobuf message: the key ${key.value} at byte ${begin}`);
    const after = begin + key.length;
    if (wire === 'varint') {
      const { value, length } = varint(bytes, key.length, room, what);
      return { number, wire, value, begin: after, end: after + length };
    }
    const length = wire === 'bytes' ? varint(bytes, key.length, room, what) : undefined;
    const payload = after + (length?.length ?? 0);
    const size = length?.value ?? (wire === 'fixed32' ? 4 : 8);
    if (size > end - payload)
      throw malformed(
        path,
        `field ${number} of ${what} needs ${size === Infinity ? 'more than 2^53' : size} bytes at byte ${payload}, its message ends at ${end}`,
      );
    return { number, wire, value: 0, begin: payload, end: payload + size };
  }

  return {
    source,
    async *fields(begin, end, what) {
      for (let at = begin; at < end;) {
        if (++seen > mostFields) throw malformed(path, `its graph has more than ${mostFields} fields`);
        const front = Math.min(end, at + longestFront);
        const bytes = at >= start && front <= start + window.length ? window.subarray(at - start) : await need(at, front, what);
        const next = field(bytes, at, end, what);
        yield next;
        at = next.end;
      }
    },
    async text(given, what) {
      const length = given.end - given.begin;
      if (given.wire !== 'bytes' || length > longestText) throw malformed(path, `${what} is not a text of at most ${longestText} bytes`);
      const bytes = await need(given.begin, given.end, what);
      return decodeText(path, bytes.subarray(0, length), what);
    },
    async integers(given, what, most) {
      if (given.wire === 'varint') {
        if (given.value === Infinity) throw malformed(path, `${what} is negative, or beyond any file`);
        return [given.value];
      }
      const length = given.end - given.begin;
      if (given.wire !== 'bytes' || length > most * longestVarint) throw malformed(path, `${what} has more than ${most} numbers`);
      const bytes = (await need(given.begin, given.end, what)).subarray(0, length);
      const values: number[] = [];
      for (let at = 0; at < length;) {
        const { value, length: taken } = varint(bytes, at, length, what);
        if (value === Infinity) throw malformed(path, `${what} is negative, or beyond any file`);
        values.push(value);
        at += taken;
      }
      if (values.length > most) throw malformed(path, `${what} has more than ${most} numbers`);
      return values;
    },
  };
}
