// The SHA-256 of a whole file, in pieces.
import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.js';

const pieceBytes = 8 << 20;

/**
 * Yields how many bytes each step was. What a listing says of a file that lies elsewhere is believed, unless `reads`: to read it for this would
 * be to transfer it again. Undefined where the caller has given it up.
 */
export async function* sha256Of(source: ByteSource, signal: AbortSignal, reads = false): AsyncGenerator<number, string | undefined, void> {
  if (source.listedSha256 !== undefined && !reads) {
    yield source.size;
    return source.listedSha256;
  }
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(pieceBytes, source.size));
  for (let offset = 0; offset < source.size; offset += pieceBytes) {
    if (signal.aborted) return undefined;
    const length = Math.min(pieceBytes, source.size - offset);
    hash.update(await source.read(offset, length, 'the file', buffer.subarray(0, length)));
    yield length;
  }
  return hash.digest('hex');
}
