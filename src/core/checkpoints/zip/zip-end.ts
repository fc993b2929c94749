// Finds where the directory of a zip archive lies: its end record, and the zip64 one where there is one.
import { LlmxError } from '../../base/error.js';
import { malformed, type ByteSource } from '../files.js';
import {
  end64Bytes,
  end64Signature,
  endBytes,
  endSignature,
  fieldsOf,
  locator64Bytes,
  locator64Signature,
  overflow16,
  overflow32,
} from './zip-record.js';

export interface DirectoryPlace {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
}

const longestComment = 0xffff;

/** Where the end record begins: its comment must reach the end of the file exactly. */
function findEnd(path: string, tail: Uint8Array): number {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail[at] !== 0x50) continue;
    const { u16, u32 } = fieldsOf(tail, at);
    if (u32(0) === endSignature && at + endBytes + u16(20) === tail.length) return at;
  }
  throw malformed(path, 'a zip archive without its end: no end record in the last bytes');
}

/** The zip64 end record that a locator names, or undefined where no locator stands before the end record. */
async function readEnd64(source: ByteSource, endAt: number): Promise<(DirectoryPlace & { readonly at: number }) | undefined> {
  if (endAt < locator64Bytes) return undefined;
  const locator = fieldsOf(await source.read(endAt - locator64Bytes, locator64Bytes, 'the zip64 locator'));
  if (locator.u32(0) !== locator64Signature) return undefined;
  const at = locator.u64(8);
  if (at + end64Bytes > endAt - locator64Bytes) throw malformed(source.path, `its zip64 end record is said to lie at byte ${at}`);
  const record = fieldsOf(await source.read(at, end64Bytes, 'the zip64 end record'));
  if (record.u32(0) !== end64Signature) throw malformed(source.path, `no zip64 end record at byte ${at}`);
  if (locator.u32(4) !== 0 || record.u32(16) !== 0 || record.u32(20) !== 0 || record.u64(24) !== record.u64(32)) throw severalDisks(source.path);
  return { at, entries: record.u64(32), bytes: record.u64(40), offset: record.u64(48) };
}

const severalDisks = (path: string): LlmxError =>
  new LlmxError('unsupported', `${path}: a part of a zip archive in several parts`, 'Join the parts first');

/** Throws where the end records contradict each other, or the directory does not reach exactly to them. */
export async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const { path, size } = source;
  const tailBytes = Math.min(size, endBytes + longestComment);
  const tail = await source.read(size - tailBytes, tailBytes, 'the end of the archive');
  const endInTail = findEnd(path, tail);
  const endAt = size - tailBytes + endInTail;
  const end = fieldsOf(tail, endInTail);
  const short = { entries: end.u16(10), bytes: end.u32(12), offset: end.u32(16) };
  if (end.u16(4) !== 0 || end.u16(6) !== 0 || end.u16(8) !== short.entries) throw severalDisks(path);
  const long = await readEnd64(source, endAt);
  const place = long ?? short;
  const agrees = (given: number, real: number, overflow: number): boolean => given === real || (long !== undefined && given === overflow);
  if (
    !agrees(short.entries, place.entries, overflow16) ||
    !agrees(short.bytes, place.bytes, overflow32) ||
    !agrees(short.offset, place.offset, overflow32)
  )
    throw malformed(path, 'its two end records contradict each other');
  const reaches = long?.at ?? endAt;
  if (place.offset + place.bytes !== reaches)
    throw malformed(path, `its directory takes bytes ${place.offset} to ${place.offset + place.bytes}, the end record is at byte ${reaches}`);
  return place;
}
