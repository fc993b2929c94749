// Reads rows of tensors from files that stay open between reads.
import { openFile, type ByteSource } from '../../checkpoints/files.js';
import type { Scratch } from './buffers.js';
import type { Chunk } from './chunks.js';
import { rowBytes, type Part } from './recode.js';

export interface SourceParts extends AsyncDisposable {
  /** An open file, as the system numbers it. */
  descriptor(path: string): Promise<number | undefined>;
  read(chunk: Pick<Chunk, 'source' | 'begin' | 'rows' | 'columns'>, scratch: Scratch): Promise<Part>;
}

export function openSourceParts(): SourceParts {
  // Promises, for planes of one file are asked for at once.
  const files = new Map<string, Promise<ByteSource>>();
  const opened = (path: string): Promise<ByteSource> => {
    const known = files.get(path) ?? openFile(path);
    files.set(path, known);
    return known;
  };
  return {
    descriptor: async (path) => (await opened(path)).descriptor,
    async read({ source, begin, rows, columns }, scratch) {
      const planes = await Promise.all(
        source.planes.map(async ({ file, offset }, plane) => {
          const bytes = rowBytes(source.format, columns, plane);
          return (await opened(file)).read(offset + begin * bytes, rows * bytes, source.name, scratch.take(rows * bytes));
        }),
      );
      return { format: source.format, planes, rows, columns };
    },
    async [Symbol.asyncDispose]() {
      for (const source of files.values()) await (await source.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
