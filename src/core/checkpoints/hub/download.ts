// One file of the hub into the cache: in segments, several at once, each checked against what was asked; the whole against its digest.
// A record beside the unfinished file says which segments are there, so that a cut or a kill costs a few of them at most.
import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { LlmxError } from '../../base/error.js';
import { diskError, writeFully } from '../write-file.js';
import { digestError, digestOf } from './digest.js';
import { getRange } from './range.js';
import type { HubFile } from './repository.js';
import type { HubSettings } from './settings.js';

const segmentBytes = 16 << 20;

export interface Download {
  readonly file: HubFile;
  readonly url: string;
  /** `hf:org/name:file`, for errors. */
  readonly what: string;
  /** Where it shall lie; `.incomplete` behind it while it does not. */
  readonly path: string;
  /** Requests at once. */
  readonly workers: number;
  /** Told of every byte that has come, those of an earlier attempt first. */
  readonly arrived: (bytes: number) => void;
}

interface Record {
  readonly digest: string;
  readonly done: readonly number[];
}

async function readRecord(path: string, { digest, size }: HubFile): Promise<Set<number>> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Record;
    const segments = Math.ceil(size / segmentBytes);
    if (record.digest === digest.hex) return new Set(record.done.filter((index) => Number.isInteger(index) && index >= 0 && index < segments));
  } catch {
    // none, or a torn one: it begins anew
  }
  return new Set();
}

interface Segment {
  readonly begin: number;
  readonly end: number;
}

async function getSegments(download: Download, handle: FileHandle, record: string, settings: HubSettings, signal: AbortSignal): Promise<void> {
  const { file, workers, url, what } = download;
  const done = await readRecord(record, file);
  const count = Math.max(1, Math.ceil(file.size / segmentBytes));
  const segmentOf = (index: number): Segment => ({ begin: index * segmentBytes, end: Math.min(file.size, (index + 1) * segmentBytes) });
  const left = Array.from({ length: count }, (_, index) => index).filter((index) => !done.has(index));
  for (const index of done) download.arrived(segmentOf(index).end - segmentOf(index).begin);
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> =>
    (saving = saving.then(async () => {
      await handle.datasync();
      await writeFile(`${record}.new`, JSON.stringify({ digest: file.digest.hex, done: [...done] } satisfies Record));
      await rename(`${record}.new`, record);
    }));
  const work = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      signal.throwIfAborted();
      const sink = async (bytes: Uint8Array, at: number): Promise<void> => {
        await writeFully(handle, bytes, at);
        download.arrived(bytes.length);
      };
      await getRange({ url, what, file, ...segmentOf(index), whole: 'skip' }, sink, settings, signal);
      done.add(index);
      if (count > 1) await save();
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(workers, left.length) }, work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Leaves the file under its name, or, where it fails, what may be gone on with under the name of an unfinished one. */
export async function downloadFile(download: Download, settings: HubSettings, signal: AbortSignal): Promise<void> {
  const { file, path, what } = download;
  const incomplete = `${path}.incomplete`;
  const record = `${incomplete}.json`;
  try {
    const handle = await open(incomplete, 'r+').catch(() => open(incomplete, 'w+'));
    try {
      await getSegments(download, handle, record, settings, signal);
      await handle.truncate(file.size);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const found = await digestOf(incomplete, file);
    if (found !== file.digest.hex) {
      await rm(incomplete, { force: true });
      throw digestError(what, file, found);
    }
    await rename(incomplete, path);
    await rm(record, { force: true });
  } catch (error) {
    if (error instanceof LlmxError && error.code === 'transfer') await rm(record, { force: true }).catch(() => {});
    throw diskError(path, error);
  }
}
