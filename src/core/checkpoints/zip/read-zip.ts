// Reads the directory of a zip archive and checks it against the local headers: what is stored lies where the directory says. Unpacks nothing.
import { crc32 } from 'node:zlib';
import { LlmxError } from '../../base/error.js';
import { quoted } from '../../text/quoted.js';
import { malformed, type ByteSource } from '../files.js';
import { findDirectory } from './zip-end.js';
import {
  centralBytes,
  centralSignature,
  extraField,
  fieldsOf,
  flagDescriptor,
  flagEncrypted,
  localBytes,
  localSignature,
  overflow32,
  zip64ExtraTag,
} from './zip-record.js';

const mostDirectoryBytes = 100_000_000;
const longestName = 1024;
/** Local headers that are read at a time. */
const batch = 64;
/** Bytes of extra fields that are read at once: PyTorch pads with less. */
const usualExtra = 96;

export interface ZipEntry {
  readonly name: string;
  /** Where its bytes begin, behind the local header. */
  readonly offset: number;
  /** As stored, which is as they are: compressed entries cannot be opened. */
  readonly bytes: number;
  readonly crc32: number;
  /** 0 is stored. */
  readonly method: number;
}

interface CentralEntry extends Omit<ZipEntry, 'offset'> {
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly compressed: number;
  readonly headerAt: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Names inside the archive alone: no root, no drive, no way up, nothing that a terminal acts upon. */
function entryName(path: string, bytes: Uint8Array): string {
  if (bytes.length === 0 || bytes.length > longestName) throw malformed(path, `a name of ${bytes.length} bytes in its directory`);
  let name;
  try {
    name = utf8.decode(bytes);
  } catch {
    throw malformed(path, 'a name in its directory is not valid UTF-8');
  }
  const parts = name.replace(/\/$/, '').split('/');
  if (/[\\:\0-\x1f\x7f]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw malformed(path, `the entry ${quoted(name)} is not a name inside the archive`);
  return name;
}

/** The fields of a directory entry, those of its zip64 extra field in place of the ones that overflow. */
function centralEntry(path: string, directory: Uint8Array, at: number): { readonly entry: CentralEntry; readonly end: number } {
  if (at + centralBytes > directory.length) throw malformed(path, 'its directory ends inside an entry');
  const { u16, u32 } = fieldsOf(directory, at);
  if (u32(0) !== centralSignature) throw malformed(path, `no entry at byte ${at} of its directory`);
  const [nameLength, extraLength, commentLength] = [u16(28), u16(30), u16(32)];
  const end = at + centralBytes + nameLength + extraLength + commentLength;
  if (end > directory.length) throw malformed(path, 'its directory ends inside an entry');
  const nameBytes = directory.subarray(at + centralBytes, at + centralBytes + nameLength);
  const name = entryName(path, nameBytes);
  const extra = directory.subarray(at + centralBytes + nameLength, at + centralBytes + nameLength + extraLength);
  const long = extraField(extra, zip64ExtraTag);
  let used = 0;
  const size = (given: number): number => {
    if (given !== overflow32) return given;
    if (long === undefined || used + 8 > long.length) throw malformed(path, `${quoted(name)} lacks a zip64 size`);
    used += 8;
    return fieldsOf(long, used - 8).u64(0);
  };
  if (u16(34) !== 0) throw new LlmxError('unsupported', `${path}: ${quoted(name)} lies in another part of the archive`);
  // In the order of the zip64 field: size, compressed size, place.
  const bytes = size(u32(24));
  const compressed = size(u32(20));
  const headerAt = size(u32(42));
  return { entry: { name, nameBytes, flags: u16(8), method: u16(10), crc32: u32(16), bytes, compressed, headerAt }, end };
}

/** Local headers may leave sizes to the descriptor behind the data: zero then, else what the directory says. */
function checkLocal(path: string, entry: CentralEntry, header: Uint8Array, rest: Uint8Array): void {
  const { u16, u32 } = fieldsOf(header);
  const wrong = (field: string): LlmxError =>
    malformed(path, `${quoted(entry.name)}: its local header and the directory contradict each other (${field})`);
  if (u16(6) !== entry.flags) throw wrong('flags');
  if (u16(8) !== entry.method) throw wrong('method');
  if (Buffer.compare(rest.subarray(0, u16(26)), entry.nameBytes) !== 0) throw wrong('name');
  const late = (entry.flags & flagDescriptor) !== 0;
  const long = extraField(rest.subarray(u16(26)), zip64ExtraTag);
  const agrees = (given: number, real: number, place: number): boolean => {
    if (given === real || (late && given === 0)) return true;
    if (given !== overflow32 || long === undefined || long.length < place + 8) return false;
    const value = fieldsOf(long, place).u64(0);
    return value === real || (late && value === 0);
  };
  if (u32(14) !== entry.crc32 && !(late && u32(14) === 0)) throw wrong('checksum');
  if (!agrees(u32(22), entry.bytes, 0) || !agrees(u32(18), entry.compressed, 8)) throw wrong('size');
}

/** Reads an entry's local header, and where its data begin and end. */
async function locateEntry(
  source: ByteSource,
  entry: CentralEntry,
): Promise<{ readonly entry: ZipEntry; readonly start: number; readonly end: number }> {
  const field = `the local header of ${quoted(entry.name)}`;
  // The header and, nearly always, all that stands between it and the data.
  const likely = Math.min(localBytes + entry.nameBytes.length + usualExtra, Math.max(localBytes, source.size - entry.headerAt));
  const header = await source.read(entry.headerAt, likely, field);
  const { u16, u32 } = fieldsOf(header);
  if (u32(0) !== localSignature) throw malformed(source.path, `${quoted(entry.name)} has no local header at byte ${entry.headerAt}`);
  const restBytes = u16(26) + u16(28);
  const isRead = localBytes + restBytes <= likely;
  const rest = isRead ? header.subarray(localBytes, localBytes + restBytes) : await source.read(entry.headerAt + localBytes, restBytes, field);
  checkLocal(source.path, entry, header, rest);
  const offset = entry.headerAt + localBytes + restBytes;
  const { name, bytes, method } = entry;
  return { entry: { name, offset, bytes, method, crc32: entry.crc32 }, start: entry.headerAt, end: offset + entry.compressed };
}

function readDirectory(path: string, directory: Uint8Array, entries: number): ReadonlyMap<string, CentralEntry> {
  const found = new Map<string, CentralEntry>();
  let at = 0;
  while (at < directory.length) {
    const { entry, end } = centralEntry(path, directory, at);
    if (found.has(entry.name)) throw malformed(path, `the entry ${quoted(entry.name)} stands in its directory twice`);
    if (entry.method === 0 && entry.bytes !== entry.compressed)
      throw malformed(path, `${quoted(entry.name)} is stored in ${entry.compressed} bytes and has ${entry.bytes}`);
    found.set(entry.name, entry);
    at = end;
  }
  if (found.size !== entries) throw malformed(path, `its directory has ${found.size} entries, the end record says ${entries}`);
  return found;
}

/** All entries by name. Throws where they overlap each other or the directory, or where the two descriptions of one contradict each other. */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { path } = source;
  const place = await findDirectory(source);
  if (place.bytes > mostDirectoryBytes) throw malformed(path, `a directory of ${place.bytes} bytes, more than ${mostDirectoryBytes}`);
  const central = [...readDirectory(path, await source.read(place.offset, place.bytes, 'the directory'), place.entries).values()];
  central.sort((left, right) => left.headerAt - right.headerAt);
  const entries = new Map<string, ZipEntry>();
  let free = 0;
  for (let first = 0; first < central.length; first += batch) {
    const located = await Promise.all(central.slice(first, first + batch).map((entry) => locateEntry(source, entry)));
    for (const { entry, start, end } of located) {
      if (start < free) throw malformed(path, `${quoted(entry.name)} begins at byte ${start}, the entry before it ends at ${free}`);
      if (end > place.offset) throw malformed(path, `${quoted(entry.name)} ends at byte ${end}, the directory begins at ${place.offset}`);
      free = end;
      entries.set(entry.name, entry);
    }
  }
  for (const { name, flags } of central)
    if ((flags & flagEncrypted) !== 0)
      throw new LlmxError('unsupported', `${path}: ${quoted(name)} is encrypted`, 'Unpack it with its password first');
  return entries;
}

/** Throws where an entry is compressed: its bytes cannot be used as they lie. */
export function checkStored(path: string, { name, method }: ZipEntry): void {
  if (method !== 0)
    throw new LlmxError(
      'unsupported',
      `${path}: ${quoted(name)} is compressed (method ${method}); PyTorch stores its entries as they are`,
      'Unpack the archive and pack it again without compression (zip -0), or save it again with torch.save',
    );
}

/** The bytes of a small entry, checked against their checksum. */
export async function readZipEntry(source: ByteSource, entry: ZipEntry, most: number): Promise<Uint8Array> {
  checkStored(source.path, entry);
  if (entry.bytes > most) throw malformed(source.path, `${quoted(entry.name)} has ${entry.bytes} bytes, more than ${most}`);
  const bytes = await source.read(entry.offset, entry.bytes, entry.name);
  if (crc32(bytes) !== entry.crc32) throw malformed(source.path, `the checksum of ${quoted(entry.name)} is wrong`);
  return bytes;
}
