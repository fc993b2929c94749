// Reads that are begun before they are wanted: their order, how many, and how many bytes.
import { expect, test } from 'vitest';
import { createBuffers } from '../../../../src/core/jobs/convert/buffers.js';
import type { Chunk } from '../../../../src/core/jobs/convert/chunks.js';
import { createReading } from '../../../../src/core/jobs/convert/reading.js';
import type { SourceParts } from '../../../../src/core/jobs/convert/source-parts.js';

/** Chunks of rows of 4 float32 each. */
const chunksOf = (rows: readonly number[]): readonly Chunk[] =>
  rows.map((count, begin) => ({ source: { name: 't', format: 'f32', planes: [{}] }, rows: count, columns: 4, firstRow: begin }) as unknown as Chunk);

function sources(fails: number): { readonly begun: number[]; readonly parts: SourceParts } {
  const begun: number[] = [];
  const read: SourceParts['read'] = ({ firstRow: begin, rows, columns }) => {
    begun.push(begin);
    return begin === fails ? Promise.reject(new Error('cut')) : Promise.resolve({ format: 'f32', planes: [], rows, columns });
  };
  return { begun, parts: { read } as SourceParts };
}

test.each([
  ['one ahead', 1, 1000, [1, 1, 1, 1], [2, 3, 4, 4]],
  ['three ahead', 3, 1000, [1, 1, 1, 1, 1, 1], [4, 5, 6, 6, 6, 6]],
  // 64 bytes a chunk: the second is begun while less than 100 are under way, the third is not.
  ['no more bytes than that', 3, 100, [4, 4, 4, 4], [3, 4, 4, 4]],
  ['one at least, however large', 3, 100, [1, 100, 1, 1], [2, 4, 4, 4]],
])('%s', async (_, ahead, aheadBytes, rows, counts) => {
  const { begun, parts } = sources(-1);
  const next = createReading(chunksOf(rows), parts, createBuffers(), { ahead, aheadBytes });
  for (const [index, count] of counts.entries()) {
    const { chunk, part } = next();
    expect(chunk.firstRow).toBe(index);
    expect((await part).rows).toBe(rows[index]);
    expect(begun.length).toBe(count);
  }
});

test('a read that fails is told to who wanted it, and to nobody before', async () => {
  const next = createReading(chunksOf([1, 1, 1]), sources(1).parts, createBuffers(), { ahead: 2, aheadBytes: 1000 });
  await next().part;
  await new Promise((resume) => setImmediate(resume));
  await expect(next().part).rejects.toThrow('cut');
});
