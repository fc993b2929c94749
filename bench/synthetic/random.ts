// Random bytes that depend on a seed and a label alone: AES-128 in counter mode over zeros, at gigabytes a second.
import { createCipheriv, createHash } from 'node:crypto';

export function randomBytes(length: number, seed: number, label: string): Buffer {
  const key = createHash('sha256').update(`${seed} ${label}`).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Integers from 0 to `limit` - 1, `count` of them. */
export function randomIntegers(count: number, limit: number, seed: number, label: string): number[] {
  const bytes = randomBytes(count * 4, seed, label);
  return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * 4) % limit);
}
