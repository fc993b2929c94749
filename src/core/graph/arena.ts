// Places values of known lifetime in one block of memory: best fit among the gaps between values that are alive.

const alignment = 64;

export interface Arena {
  /** Takes room for a value that is needed up to and including node `until`. Returns its byte offset. */
  take(bytes: number, until: number): number;
  /** Frees what is not needed after node `id`. */
  releaseAfter(id: number): void;
  /** The most that was ever taken. */
  bytes(): number;
}

export function createArena(): Arena {
  let taken: { begin: number; end: number; until: number }[] = [];
  let highest = 0;
  return {
    take(bytes, until) {
      const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
      let best: { begin: number; room: number } | undefined;
      let cursor = 0;
      for (const { begin, end } of taken) {
        const room = begin - cursor;
        if (room >= size && (best === undefined || room < best.room)) best = { begin: cursor, room };
        cursor = Math.max(cursor, end);
      }
      const begin = best?.begin ?? cursor;
      taken = [...taken, { begin, end: begin + size, until }].sort((left, right) => left.begin - right.begin);
      highest = Math.max(highest, begin + size);
      return begin;
    },
    releaseAfter(id) {
      taken = taken.filter(({ until }) => until > id);
    },
    bytes: () => highest,
  };
}
