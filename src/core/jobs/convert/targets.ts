// The files of a conversion while they are written: where each tensor's plane begins, and its checksum so far.
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { LlmxError } from '../../base/error.js';
import { pieceBytes, type PlannedFile } from '../../checkpoints/planned-file.js';
import { diskError, writeFully } from '../../checkpoints/write-file.js';
import { checksumKey } from './journal.js';
import type { OutputPlan } from './plan.js';

interface Place {
  readonly file: string;
  readonly offset: number;
}

export interface Targets extends AsyncDisposable {
  /** Where a plane of a tensor lies, by `checksumKey`. */
  readonly places: ReadonlyMap<string, Place>;
  /** CRC-32 of what was written so far to each plane whose file asks for it; written in order, or restored. */
  readonly checksums: Map<string, number>;
  needsChecksum(key: string): boolean;
  /** The open file of a plane, as the system numbers it, and where the plane begins in it. */
  locate(key: string): Promise<{ readonly path: string; readonly descriptor: number; readonly offset: number }>;
  /** Writes at a distance from the plane's beginning. Call in order for each plane; writes themselves may overtake each other. */
  write(key: string, distance: number, bytes: Uint8Array): Promise<void>;
  /** Everything that was written is on the disk, should the machine lose its power. */
  sync(): Promise<void>;
  /** Headers, padding and what depends on checksums; then flushes everything. */
  finish(): Promise<void>;
}

function placesOf(folders: readonly string[], outputs: readonly OutputPlan[]): Map<string, Place> {
  const places = new Map<string, Place>();
  outputs.forEach(({ files }, output) => {
    for (const { name, pieces } of files) {
      let offset = 0;
      for (const piece of pieces) {
        if (piece.kind === 'tensor') places.set(checksumKey(output, piece.tensor.name, piece.plane), { file: join(folders[output]!, name), offset });
        offset += pieceBytes(piece);
      }
    }
  });
  return places;
}

/** Files with pieces that are made from checksums. */
const withLatePieces = (folders: readonly string[], outputs: readonly OutputPlan[]): ReadonlySet<string> =>
  new Set(
    outputs.flatMap(({ files }, output) =>
      files.filter(({ pieces }) => pieces.some(({ kind }) => kind === 'late')).map(({ name }) => join(folders[output]!, name)),
    ),
  );

/** Opens every file, those of each output in its folder of `folders`. */
export async function openTargets(folders: readonly string[], outputs: readonly OutputPlan[]): Promise<Targets> {
  const places = placesOf(folders, outputs);
  const pathOf = (output: number, name: string): string => join(folders[output]!, name);
  // Promises, for writes to one file overlap.
  const handles = new Map<string, Promise<FileHandle>>();
  const checksums = new Map<string, number>();
  const summed = withLatePieces(folders, outputs);
  const openAt = async (path: string): Promise<FileHandle> => {
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'r+').catch(() => open(path, 'wx+'));
  };
  const opened = (path: string): Promise<FileHandle> => {
    const known = handles.get(path) ?? openAt(path);
    handles.set(path, known);
    return known;
  };
  const guarded = async <Value>(path: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (thrown) {
      throw diskError(path, thrown);
    }
  };
  const placeOf = (key: string): Place => {
    const place = places.get(key);
    if (place === undefined) throw new LlmxError('internal', `no place for ${key} in the planned files`);
    return place;
  };
  const crcOf = (output: number) => (tensor: string) => checksums.get(checksumKey(output, tensor, 0)) ?? 0;
  const writeRest = async (output: number, { name, pieces }: PlannedFile): Promise<void> => {
    const path = pathOf(output, name);
    const handle = await opened(path);
    let offset = 0;
    for (const piece of pieces) {
      const length = pieceBytes(piece);
      if (piece.kind === 'bytes') await writeFully(handle, piece.bytes, offset);
      if (piece.kind === 'late') await writeFully(handle, piece.make(crcOf(output)), offset);
      offset += length;
    }
    // What was not written is zero: the padding between pieces, and behind the last.
    await handle.truncate(offset);
  };
  const each = async (work: (output: number, file: PlannedFile) => Promise<void>): Promise<void> => {
    for (const [output, { files }] of outputs.entries()) for (const file of files) await guarded(pathOf(output, file.name), () => work(output, file));
  };
  await each(async (output, file) => void (await opened(pathOf(output, file.name))));
  return {
    places,
    checksums,
    needsChecksum: (key) => summed.has(placeOf(key).file),
    async locate(key) {
      const { file, offset } = placeOf(key);
      return { path: file, descriptor: (await opened(file)).fd, offset };
    },
    write(key, distance, bytes) {
      const { file, offset } = placeOf(key);
      if (summed.has(file)) checksums.set(key, crc32(bytes, checksums.get(key) ?? 0));
      return guarded(file, async () => writeFully(await opened(file), bytes, offset + distance));
    },
    async sync() {
      for (const [path, handle] of handles) await guarded(path, async () => (await handle).datasync());
    },
    async finish() {
      await each(writeRest);
      for (const [path, handle] of handles) await guarded(path, async () => (await handle).sync());
    },
    async [Symbol.asyncDispose]() {
      for (const handle of handles.values()) await (await handle.catch(() => undefined))?.close().catch(() => {});
    },
  };
}
