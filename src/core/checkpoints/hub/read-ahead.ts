// Small reads of something slow: what was fetched is kept for a while, and what is read in order is fetched ahead. Bounded in memory.

/** Bytes that are fetched at least: at the beginning of a file, where headers are, and anywhere else. */
const first = 1 << 16;
const least = 1 << 12;
/** Bytes that are fetched ahead at most. */
const most = 1 << 20;

interface Extent {
  readonly owner: object;
  readonly begin: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
}

/** What several files keep together, the least recently used first. */
export interface Kept {
  readonly extents: Extent[];
  readonly mostBytes: number;
}

export type Fetch = (begin: number, end: number) => Promise<Uint8Array>;

/** A reader of a file of `size` bytes, of all of it at the first read where it is `whole`. `target` is filled; a fetch that fails is not remembered. */
export function readAhead(
  size: number,
  fetch: Fetch,
  { extents, mostBytes }: Kept,
  whole = false,
): (offset: number, target: Uint8Array) => Promise<void> {
  const owner = {};
  let [fetchedTo, window] = [0, first / 2];

  function forget(extent: Extent): void {
    const place = extents.indexOf(extent);
    if (place >= 0) extents.splice(place, 1);
  }

  function begin(from: number, end: number): Extent {
    const at = whole ? 0 : from;
    window = at === fetchedTo ? Math.min(2 * window, most) : least;
    const stop = whole ? size : Math.min(size, Math.max(end, at + window));
    fetchedTo = stop;
    const extent = { owner, begin: at, end: stop, bytes: fetch(at, stop) };
    extent.bytes.catch(() => forget(extent));
    extents.push(extent);
    let total = extents.reduce((sum, each) => sum + each.end - each.begin, 0);
    while (total > mostBytes && extents.length > 1) {
      const oldest = extents.shift()!;
      total -= oldest.end - oldest.begin;
    }
    return extent;
  }

  return async (offset, target) => {
    const end = offset + target.length;
    for (let at = offset; at < end;) {
      const position = at;
      const known = extents.find((each) => each.owner === owner && each.begin <= position && position < each.end);
      if (known !== undefined) {
        forget(known);
        extents.push(known);
      }
      const extent = known ?? begin(at, end);
      const bytes = (await extent.bytes).subarray(at - extent.begin, Math.min(extent.end, end) - extent.begin);
      target.set(bytes, at - offset);
      at += bytes.length;
    }
  };
}
