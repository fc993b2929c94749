// Files and folders by path, and ranges of their bytes: the one place where checkpoints are read from disks and from mounts. Knows no format.
import { constants, type Stats } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { LlmxError } from '../base/error.js';
import { codeOf, systemWords } from '../base/system-words.js';
import { nearest } from '../base/nearest.js';
import type { ByteSource } from './byte-source.js';
import { mountedNames, mountedPath } from './mounts.js';

export type { ByteSource } from './byte-source.js';

export const malformed = (path: string, problem: string): LlmxError =>
  new LlmxError(
    'malformed',
    `${path}: ${problem}`,
    'The file may be cut short or damaged: fetch it again, or compare its size and digest with its source',
  );

/** Throws unless bytes `offset` to `offset + length` lie inside `size`. */
export function checkRange(path: string, size: number, offset: number, length: number, field: string): void {
  const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!sane || offset + length > size) throw malformed(path, `${field} needs bytes ${offset} to ${offset + length}, the file has ${size}`);
}

/** Clones without Git LFS hold small text files in place of the weights; they begin with "version https://git-lfs". */
export async function refuseLfsPointer(source: ByteSource): Promise<void> {
  const beginning = 'version https://git-lfs';
  if (source.size < beginning.length || source.size > 1024) return;
  const text = Buffer.from(await source.read(0, beginning.length, 'the file')).toString('latin1');
  if (text === beginning)
    throw new LlmxError('unsupported', `${source.path}: a Git LFS pointer, not the file itself`, 'Fetch the file with git lfs pull');
}

/** The error for a path that the system would not open or read. */
export async function fileError(path: string, thrown: unknown): Promise<LlmxError> {
  if (thrown instanceof LlmxError) return thrown;
  const code = codeOf(thrown);
  if (code === 'ENOENT' || code === 'ENOTDIR') return notFound(path);
  const problem = code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : systemWords(thrown);
  return new LlmxError('unreadable', `${path}: ${problem}`, 'Check that it is a readable file', { cause: thrown });
}

/** "not found", with the nearest name that does exist. */
async function notFound(path: string): Promise<LlmxError> {
  const inside = mountedPath(dirname(path));
  const siblings = inside === undefined ? await readdir(dirname(resolve(path))).catch(() => undefined) : mountedNames(inside);
  // Another part of the same set is no slip.
  const shape = (name: string): string => name.replace(/\d+/g, '#');
  const similar =
    siblings &&
    nearest(
      basename(path),
      siblings.filter((name) => shape(name) !== shape(basename(path))),
    );
  const hint =
    siblings === undefined
      ? `The folder ${dirname(path)} does not exist either`
      : similar
        ? `Did you mean ${similar}?`
        : 'Give a file, a folder, hf:org/name or builtin:storyteller';
  return new LlmxError('not-found', `${path}: no such file or folder`, hint);
}

/** Pipes wait for a writer and devices do as they like; only files are read. */
function checkRegular(path: string, status: Stats): Stats {
  if (status.isFile()) return status;
  const kind = status.isDirectory() ? 'a folder' : status.isFIFO() ? 'a pipe' : status.isSocket() ? 'a socket' : 'a device';
  throw new LlmxError('unreadable', `${path}: not a regular file but ${kind}`, 'Give a file');
}

/** Looks before it opens, for opening a pipe waits; what has become a pipe in between is opened without waiting. */
async function openRegular(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  checkRegular(path, await stat(path));
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return { handle, size: checkRegular(path, await handle.stat()).size };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

export async function openFile(path: string): Promise<ByteSource> {
  const inside = mountedPath(path);
  if (inside !== undefined) {
    if (inside.folder.sizes.has(inside.name)) return inside.folder.open(inside.name, path);
    if (mountedNames(inside) === undefined) throw await notFound(path);
    throw new LlmxError('unreadable', `${path}: not a regular file but a folder`, 'Give a file');
  }
  const { handle, size } = await openRegular(path).catch(async (thrown: unknown) => {
    throw await fileError(path, thrown);
  });
  return {
    path,
    size,
    descriptor: handle.fd,
    async read(offset, length, field, target) {
      checkRange(path, size, offset, length, field);
      const bytes = target ?? new Uint8Array(length);
      for (let done = 0; done < length;) {
        // One system call reads less than 2 GiB.
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 1 << 30), offset + done).catch(async (thrown: unknown) => {
          throw await fileError(path, thrown);
        });
        if (bytesRead === 0) throw malformed(path, `${field} ends at byte ${offset + done} instead of ${offset + length}: the file became shorter`);
        done += bytesRead;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** The whole of a small file; one that is larger than `limit` is refused unread. */
export async function readWhole(path: string, limit: number): Promise<Uint8Array> {
  await using source = await openFile(path);
  if (source.size > limit) throw malformed(path, `${source.size} bytes, more than the ${limit} that such a file may have`);
  return source.read(0, source.size, 'the file');
}

/** Size of a file, or undefined where none is. */
export async function fileSize(path: string): Promise<number | undefined> {
  const inside = mountedPath(path);
  if (inside !== undefined) return inside.folder.sizes.get(inside.name);
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? status.size : undefined;
}

/** True for folders; false for files, and where there is nothing. */
export async function isFolder(path: string): Promise<boolean> {
  const inside = mountedPath(path);
  if (inside !== undefined) return !inside.folder.sizes.has(inside.name) && mountedNames(inside) !== undefined;
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Names in a folder. */
export async function listFolder(path: string): Promise<readonly string[]> {
  const inside = mountedPath(path);
  if (inside === undefined)
    return readdir(path).catch(async (thrown: unknown) => {
      throw await fileError(path, thrown);
    });
  const names = mountedNames(inside);
  if (names === undefined) throw await notFound(path);
  return names;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict UTF-8. */
export function decodeText(path: string, bytes: Uint8Array, field: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed(path, `${field} is not valid UTF-8`);
  }
}
