// Small reads of something slow: what is fetched, what is kept, what is forgotten.
import { expect, test } from 'vitest';
import { uniform } from '../../../src/core/base/random.js';
import { readAhead, type Kept } from '../../../src/core/checkpoints/hub/read-ahead.js';

const content = Uint8Array.from({ length: 5 << 20 }, (_, index) => (index * 2654435761) >>> 24);

function reader(kept: Kept = { extents: [], mostBytes: 16 << 20 }) {
  const fetched: (readonly [number, number])[] = [];
  const read = readAhead(
    content.length,
    (begin, end) => {
      fetched.push([begin, end]);
      return Promise.resolve(content.slice(begin, end));
    },
    kept,
  );
  const bytes = async (offset: number, length: number): Promise<Buffer> => {
    const target = new Uint8Array(length);
    await read(offset, target);
    return Buffer.from(target);
  };
  return { fetched, bytes, kept };
}

test('the beginning comes in one piece, and what follows in ever larger ones', async () => {
  const { fetched, bytes } = reader();
  for (let at = 0; at < 1 << 20; at += 8192) expect((await bytes(at, 8192)).equals(content.subarray(at, at + 8192))).toBe(true);
  expect(fetched).toEqual([0, 1, 3, 7, 15].map((begin) => [begin << 16, (2 * begin + 1) << 16]));
});

test('elsewhere no more than a page is fetched for a few bytes, once', async () => {
  const { fetched, bytes } = reader();
  for (const at of [3 << 20, 1 << 20, (3 << 20) + 100]) await bytes(at, 30);
  expect(fetched.map(([begin, end]) => end - begin)).toEqual([4096, 4096]);
});

test('a read over what is there and what is not asks for the rest alone', async () => {
  const { fetched, bytes } = reader();
  await bytes(0, 10);
  expect((await bytes(60_000, 10_000)).equals(content.subarray(60_000, 70_000))).toBe(true);
  expect(fetched.map(([begin]) => begin)).toEqual([0, 65_536]);
});

test('a whole file comes at the first read of any part', async () => {
  let fetches = 0;
  const fetch = (begin: number, end: number): Promise<Uint8Array> => (fetches++, Promise.resolve(content.slice(begin, end)));
  const read = readAhead(300_000, fetch, { extents: [], mostBytes: 1 << 20 }, true);
  for (const at of [200_000, 0, 299_990]) {
    const target = new Uint8Array(10);
    await read(at, target);
    expect(Buffer.from(target).equals(content.subarray(at, at + 10))).toBe(true);
  }
  expect(fetches).toBe(1);
});

test('two who ask for the same at once share one fetch', async () => {
  const { fetched, bytes } = reader();
  await Promise.all([bytes(0, 100), bytes(50, 100), bytes(0, 65_536)]);
  expect(fetched.length).toBe(1);
});

test('what is kept stays within its bound, and every read is right', async () => {
  const { bytes, kept } = reader({ extents: [], mostBytes: 100_000 });
  for (let index = 0; index < 2000; index++) {
    const [at, length] = [Math.floor(uniform(5, 0, index) * (content.length - 9000)), Math.floor(uniform(5, 1, index) * 9000)];
    expect((await bytes(at, length)).equals(content.subarray(at, at + length))).toBe(true);
    const total = kept.extents.reduce((sum, { begin, end }) => sum + end - begin, 0);
    expect(kept.extents.length === 1 || total <= 100_000).toBe(true);
  }
});

test('a fetch that fails is told, and asked for again', async () => {
  let tries = 0;
  const read = readAhead(100, (begin, end) => (tries++ === 0 ? Promise.reject(new Error('cut')) : Promise.resolve(content.slice(begin, end))), {
    extents: [],
    mostBytes: 1 << 20,
  });
  await expect(read(0, new Uint8Array(10))).rejects.toThrow('cut');
  const target = new Uint8Array(10);
  await read(0, target);
  expect(Buffer.from(target).equals(content.subarray(0, 10))).toBe(true);
});
