// What a file of the hub is held against: the digest of its listing.
import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { LlmxError } from '../../base/error.js';
import type { HubFile } from './repository.js';

/** A digest to be fed with the file's content, of the kind that its listing has. */
const begun = {
  sha256: () => createHash('sha256'),
  'git-sha1': (size) => createHash('sha1').update(`blob ${size}\0`),
} satisfies Readonly<Record<HubFile['digest']['kind'], (size: number) => Hash>>;

export const digestOfBytes = ({ digest, size }: HubFile, bytes: Uint8Array): string => begun[digest.kind](size).update(bytes).digest('hex');

/** Of a file on this machine. */
export async function digestOf(path: string, { digest, size }: HubFile): Promise<string> {
  const hash = begun[digest.kind](size);
  const handle = await open(path, 'r');
  try {
    for await (const part of handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) hash.update(part as Uint8Array);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** The error for a content that is not the listed one. */
export const digestError = (what: string, { digest }: HubFile, found: string): LlmxError =>
  new LlmxError(
    'transfer',
    `${what}: its ${digest.kind} is ${found}, the listing says ${digest.hex}`,
    'What came was damaged or changed on the way: run it again',
  );
