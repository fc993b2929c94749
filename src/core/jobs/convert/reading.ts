// Parts of the source in the order in which they will be wanted, the next ones read while the present one is worked on.
import type { Buffers, Scratch } from './buffers.js';
import type { Chunk } from './chunks.js';
import { rowBytes, type Part } from './recode.js';
import type { SourceParts } from './source-parts.js';

export interface Reading {
  readonly chunk: Chunk;
  readonly scratch: Scratch;
  readonly part: Promise<Part>;
}

interface ReadingOptions {
  /** Parts that are under way beside the one that was asked for, and the bytes after which no more are begun. */
  readonly ahead: number;
  readonly aheadBytes: number;
}

const bytesOf = ({ source, rows, columns }: Chunk): number =>
  source.planes.reduce((sum, _, plane) => sum + rows * rowBytes(source.format, columns, plane), 0);

/** Gives one part after the other. Call once for each chunk, in their order. */
export function createReading(chunks: Iterable<Chunk>, sources: SourceParts, buffers: Buffers, { ahead, aheadBytes }: ReadingOptions): () => Reading {
  const left = chunks[Symbol.iterator]();
  const begun: Reading[] = [];
  const begin = (): boolean => {
    const { done, value: chunk } = left.next();
    if (done === true) return false;
    const scratch = buffers.scratch();
    const part = sources.read(chunk, scratch);
    part.catch(() => {}); // awaited later, or given up
    begun.push({ chunk, scratch, part });
    return true;
  };
  return () => {
    if (begun.length === 0) begin();
    const next = begun.shift()!;
    const underWay = (): number => begun.reduce((sum, { chunk }) => sum + bytesOf(chunk), 0);
    while (begun.length < ahead && (begun.length === 0 || underWay() < aheadBytes) && begin());
    return next;
  };
}
