// Memory that a conversion uses again and again: what is fresh for every part costs more to get and to collect than the work on it.

/** Takes buffers until the part that they belong to is written. What is in them is left over from before. */
export interface Scratch {
  take(bytes: number): Uint8Array;
  /** Gives everything back. */
  release(): void;
}

export interface Buffers {
  scratch(): Scratch;
}

/** Sizes are rounded up to these steps, so that parts of nearly the same size share. */
const step = 1 << 16;

/** Bytes that are kept for those who come next; of parts of ever other sizes, what is kept would grow without end. */
const mostFree = 64 << 20;

export function createBuffers(): Buffers {
  const free = new Map<number, ArrayBuffer[]>();
  let freeBytes = 0;
  const keep = (buffer: ArrayBuffer): void => {
    if (freeBytes + buffer.byteLength > mostFree) {
      free.clear();
      freeBytes = 0;
    }
    if (buffer.byteLength > mostFree) return;
    const same = free.get(buffer.byteLength);
    if (same === undefined) free.set(buffer.byteLength, [buffer]);
    else same.push(buffer);
    freeBytes += buffer.byteLength;
  };
  const reuse = (size: number): ArrayBuffer | undefined => {
    const buffer = free.get(size)?.pop();
    if (buffer !== undefined) freeBytes -= size;
    return buffer;
  };
  return {
    scratch() {
      const taken: ArrayBuffer[] = [];
      return {
        take(bytes) {
          const size = Math.max(1, Math.ceil(bytes / step)) * step;
          const buffer = reuse(size) ?? new ArrayBuffer(size);
          taken.push(buffer);
          return new Uint8Array(buffer, 0, bytes);
        },
        release() {
          for (const buffer of taken.splice(0)) keep(buffer);
        },
      };
    },
  };
}

/** Fresh memory for those who work on one part at a time. */
export const freshMemory: Scratch = { take: (bytes) => new Uint8Array(bytes), release: () => {} };
