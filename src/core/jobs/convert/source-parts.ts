// Reads rows of tensors, or columns of all of them, from files that stay open between reads.
import { gatherStripe } from '../../backends/native/transfer.js';
import { fileError, openFile, type ByteSource } from '../../checkpoints/files.js';
import type { Transfer } from '../../families/transfer.js';
import type { Scratch } from './buffers.js';
import type { Chunk } from './chunks.js';
import { rowBytes, type Part } from './recode.js';

export interface SourceParts extends AsyncDisposable {
  /** An open file, as the system numbers it. */
  descriptor(path: string): Promise<number | undefined>;
  /** Whether columns of a role's tensors can be read by themselves: where they are files of this machine, and it has the addon. */
  gathers(transfer: Transfer): Promise<boolean>;
  read(chunk: ReadChunk, scratch: Scratch): Promise<Part>;
}

type ReadChunk = Pick<Chunk, 'source' | 'rows' | 'columns' | 'firstRow' | 'firstColumn' | 'allColumns'>;

export function openSourceParts(): SourceParts {
  // Promises, for planes of one file are asked for at once.
  const files = new Map<string, Promise<ByteSource>>();
  const opened = (path: string): Promise<ByteSource> => {
    const known = files.get(path) ?? openFile(path);
    files.set(path, known);
    return known;
  };
  const gather = gatherStripe();
  const descriptor = async (path: string): Promise<number | undefined> => (await opened(path)).descriptor;
  const readPlane = async (chunk: ReadChunk, plane: number, scratch: Scratch): Promise<Uint8Array> => {
    const { source, rows, columns, firstRow, firstColumn, allColumns } = chunk;
    const { file, offset } = source.planes[plane]!;
    const [stride, length] = [rowBytes(source.format, allColumns, plane), rowBytes(source.format, columns, plane)];
    const target = scratch.take(rows * length);
    if (length === stride) return (await opened(file)).read(offset + firstRow * stride, rows * stride, source.name, target);
    const stripe = { source: (await descriptor(file))!, stride, length, rows };
    await gather!({ ...stripe, offset: offset + rowBytes(source.format, firstColumn, plane) }, target).catch(async (error: unknown) => {
      throw await fileError(file, error);
    });
    return target;
  };
  return {
    descriptor,
    async gathers({ sources }) {
      if (gather === undefined) return false;
      for (const { planes } of sources) for (const { file } of planes) if ((await descriptor(file)) === undefined) return false;
      return true;
    },
    async read(chunk, scratch) {
      const { source, rows, columns } = chunk;
      const planes = await Promise.all(source.planes.map((_, plane) => readPlane(chunk, plane, scratch)));
      return { format: source.format, planes, rows, columns };
    },
    async [Symbol.asyncDispose]() {
      for (const source of files.values()) await (await source.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
