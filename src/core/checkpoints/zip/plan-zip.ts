// Lays out a zip archive of stored entries as PyTorch's writer does: data aligned through padding in the local header, checksums behind the data,
// zip64 where it is needed. Knows no PyTorch beyond that layout.
import { crc32 } from 'node:zlib';
import { tensorBytes, type Piece, type TensorPlan } from '../planned-file.js';
import {
  centralSignature,
  descriptorSignature,
  end64Bytes,
  end64Signature,
  endSignature,
  flagDescriptor,
  flagUtf8,
  localBytes,
  localSignature,
  locator64Signature,
  overflow16,
  overflow32,
  zip64ExtraTag,
} from './zip-record.js';

/** An entry: bytes that are known, or a tensor's only plane. */
export interface ZipContent {
  readonly name: string;
  readonly content: Uint8Array | TensorPlan;
}

const alignment = 64;
/** The tag of the padding, and what it is filled with. */
const paddingTag = Buffer.from('FB');
const paddingByte = 0x5a;
/** Version 4.5 of the format, the first with zip64, made on Unix by version 3.0. */
const versionNeeded = 45;
const versionMadeBy = 0x031e;

interface Placed {
  readonly name: Buffer;
  readonly bytes: number;
  readonly headerAt: number;
  readonly content: Uint8Array | TensorPlan;
}

const isBytes = (content: Uint8Array | TensorPlan): content is Uint8Array => content instanceof Uint8Array;
/** Entries without bytes have no descriptor. */
const flagsOf = ({ bytes }: Placed): number => flagUtf8 | (bytes > 0 ? flagDescriptor : 0);
const isLong = ({ bytes, headerAt }: Placed): boolean => bytes >= overflow32 || headerAt >= overflow32;

/** Fields in order, each [bytes, value]. */
function record(...fields: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeUIntLE(value, at, bytes);
    at += bytes;
  }
  return buffer;
}

/** The zip64 field: only what overflows. Before the data the stored size is not known to the writer, so 0. */
function zip64Extra({ bytes, headerAt }: Placed, stored: number): Buffer {
  const values = [...(bytes >= overflow32 ? [bytes, stored] : []), ...(headerAt >= overflow32 ? [headerAt] : [])];
  if (values.length === 0) return Buffer.alloc(0);
  return Buffer.concat([record([2, zip64ExtraTag], [2, 8 * values.length]), ...values.map((value) => record([8, value]))]);
}

/** The local header, padded so that the data behind it are aligned. */
function localHeader(entry: Placed): Buffer {
  const extra = zip64Extra(entry, 0);
  const unpadded = entry.headerAt + localBytes + entry.name.length + extra.length + 4;
  const padding = (alignment - (unpadded % alignment)) % alignment;
  return Buffer.concat([
    record([4, localSignature], [2, 0], [2, flagsOf(entry)], [8, 0], [8, 0], [2, 0], [2, entry.name.length], [2, extra.length + 4 + padding]),
    entry.name,
    extra,
    paddingTag,
    record([2, padding]),
    Buffer.alloc(padding, paddingByte),
  ]);
}

/** Checksum and sizes behind the data. */
function descriptor(entry: Placed, checksum: number): Buffer {
  const width = isLong(entry) ? 8 : 4;
  return record([4, descriptorSignature], [4, checksum], [width, entry.bytes], [width, entry.bytes]);
}

function centralEntry(entry: Placed, checksum: number): Buffer {
  const { name, bytes, headerAt } = entry;
  const extra = zip64Extra(entry, bytes);
  const size = Math.min(bytes, overflow32);
  return Buffer.concat([
    record([4, centralSignature], [2, 0], [2, 0], [2, flagsOf(entry)], [2, 0], [4, 0], [4, checksum], [4, size], [4, size]),
    record([2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, Math.min(headerAt, overflow32)]),
    name,
    extra,
  ]);
}

/** The three records at the end; the zip64 ones are always there. */
function endRecords(entries: number, directoryAt: number, directoryBytes: number): Buffer {
  const end64At = directoryAt + directoryBytes;
  const few = Math.min(entries, overflow16);
  return Buffer.concat([
    record([4, end64Signature], [8, end64Bytes - 12], [2, versionMadeBy], [2, versionNeeded], [4, 0], [4, 0]),
    record([8, entries], [8, entries], [8, directoryBytes], [8, directoryAt]),
    record([4, locator64Signature], [4, 0], [8, end64At], [4, 1]),
    record([4, endSignature], [2, 0], [2, 0], [2, few], [2, few], [4, Math.min(directoryBytes, overflow32)], [4, Math.min(directoryAt, overflow32)]),
    record([2, 0]),
  ]);
}

const checksumOf = ({ bytes, content }: Placed, tensor: (name: string) => number): number =>
  isBytes(content) ? crc32(content) : bytes === 0 ? 0 : tensor(content.name);

/** The pieces of the whole archive, in order. */
export function planZip(contents: readonly ZipContent[]): readonly Piece[] {
  const pieces: Piece[] = [];
  const placed: Placed[] = [];
  let at = 0;
  for (const { name, content } of contents) {
    const bytes = isBytes(content) ? content.length : tensorBytes(content);
    const entry: Placed = { name: Buffer.from(name), bytes, headerAt: at, content };
    const header = localHeader(entry);
    pieces.push(
      { kind: 'bytes', bytes: header },
      isBytes(content) ? { kind: 'bytes', bytes: content } : { kind: 'tensor', tensor: content, plane: 0 },
    );
    const behind = bytes > 0 ? descriptor(entry, 0).length : 0;
    if (behind > 0)
      pieces.push(
        isBytes(content)
          ? { kind: 'bytes', bytes: descriptor(entry, crc32(content)) }
          : { kind: 'late', length: behind, make: (checksum) => descriptor(entry, checksum(content.name)) },
      );
    placed.push(entry);
    at += header.length + bytes + behind;
  }
  const directoryBytes = placed.reduce((sum, entry) => sum + centralEntry(entry, 0).length, 0);
  pieces.push(
    {
      kind: 'late',
      length: directoryBytes,
      make: (checksum) => Buffer.concat(placed.map((entry) => centralEntry(entry, checksumOf(entry, checksum)))),
    },
    { kind: 'bytes', bytes: endRecords(placed.length, at, directoryBytes) },
  );
  return pieces;
}
