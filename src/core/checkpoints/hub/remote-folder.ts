// A revision's files, read by range where they lie on the hub; those that are in the cache already are read there. Nothing is written.
import { LlmxError } from '../../base/error.js';
import type { ByteSource } from '../byte-source.js';
import { checkRange, fileSize, openFile } from '../files.js';
import type { MountedFolder } from '../mounts.js';
import type { HubReference } from './cache.js';
import { digestError, digestOfBytes } from './digest.js';
import { getRange } from './range.js';
import { readAhead, type Kept } from './read-ahead.js';
import { nameOf, type HubFile, type Revision } from './repository.js';
import type { HubSettings } from './settings.js';
import { addressOf, blobPath, repositoryFolder } from './store.js';

/** Bytes of small reads that are kept, of all files together. */
const mostKept = 16 << 20;
/** Reads above this are not kept; they are asked for in pieces, several at once. */
const largeRead = 1 << 20;
const pieceBytes = 4 << 20;
const mostRequests = 4;
/** Files that are no large ones to the hub, up to this: they are read whole, for not every server has ranges of them. */
const wholeBelow = 16 << 20;

/** Lets so much work go on at once. */
function limited(most: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resume) => waiting.push(resume));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

const unquoted = (etag: string | null): string => (etag ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1');

/** Throws where an answer is about another revision, or another content, than the listing's. */
function checkAnswer(what: string, { commit }: Revision, { digest, size }: HubFile, etags: Map<string, string>, { headers, url }: Response): void {
  const differs = (problem: string): LlmxError =>
    new LlmxError('transfer', `${what}: ${problem}`, 'It changed while it was read, or the server is not to be trusted: run it again');
  const theirs = headers.get('x-repo-commit');
  if (theirs !== null && theirs !== commit) throw differs(`the server answers with commit ${theirs.slice(0, 40)}, the listing is of ${commit}`);
  const linked = unquoted(headers.get('x-linked-etag'));
  if (linked.length === digest.hex.length && linked !== digest.hex)
    throw differs(`the server's file has the digest ${linked}, the listing says ${digest.hex}`);
  const length = headers.get('x-linked-size');
  if (length !== null && Number(length) !== size) throw differs(`the server's file has ${Number(length)} bytes, the listing says ${size}`);
  // Weak ones may differ between servers that serve the same.
  const etag = headers.get('etag');
  if (etag === null || etag.startsWith('W/') || headers.has('location')) return;
  const { origin, pathname } = new URL(url);
  const before = etags.get(origin + pathname);
  if (before !== undefined && before !== etag) throw differs('its etag changed');
  etags.set(origin + pathname, etag);
}

interface Shared {
  readonly reference: HubReference;
  readonly revision: Revision;
  readonly settings: HubSettings;
  readonly signal: AbortSignal;
  readonly kept: Kept;
  readonly lane: ReturnType<typeof limited>;
  readonly received: (bytes: number) => void;
}

type Reader = (offset: number, target: Uint8Array) => Promise<void>;

function readerOf(file: HubFile, { reference, revision, settings, signal, kept, lane, received }: Shared): Reader {
  const what = `${nameOf(reference)}:${file.name}`;
  const home = addressOf(settings, reference, revision, file);
  const etags = new Map<string, string>();
  const whole = file.digest.kind === 'git-sha1' && file.size <= wholeBelow;
  /** Where the hub has sent us: further ranges are asked for there, until it refuses (such addresses are good for a while). */
  let direct: string | undefined;

  async function get(begin: number, target: Uint8Array): Promise<void> {
    const end = begin + target.length;
    const seen = (response: Response): void => {
      checkAnswer(what, revision, file, etags, response);
      if (response.ok && response.url !== home) direct = response.url;
    };
    const ask = (url: string): Promise<void> =>
      getRange(
        { url, what, file, begin, end, whole: whole ? 'skip' : 'refuse', seen },
        (bytes, at) => {
          target.set(bytes, at - begin);
          received(bytes.length);
        },
        settings,
        signal,
      );
    const url = direct;
    if (url === undefined) return ask(home);
    try {
      await ask(url);
    } catch (error) {
      if (!(error instanceof LlmxError) || signal.aborted) throw error;
      direct = undefined;
      await ask(home);
    }
  }

  /** What came whole has a digest to be held against. */
  function checkWhole(bytes: Uint8Array): void {
    if (bytes.length !== file.size) return;
    const found = digestOfBytes(file, bytes);
    if (found !== file.digest.hex) throw digestError(what, file, found);
  }

  const small = readAhead(
    file.size,
    (begin, end) =>
      lane(async () => {
        const bytes = new Uint8Array(end - begin);
        await get(begin, bytes);
        checkWhole(bytes);
        return bytes;
      }),
    kept,
    whole,
  );

  return async (offset, target) => {
    if (whole || target.length <= largeRead) return small(offset, target);
    const pieces: Promise<void>[] = [];
    for (let at = 0; at < target.length; at += pieceBytes)
      pieces.push(lane(() => get(offset + at, target.subarray(at, Math.min(target.length, at + pieceBytes)))));
    // All of them, for nobody may write to `target` any more when this ends.
    const failed = (await Promise.allSettled(pieces)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    checkWhole(target);
  };
}

/** `files`: those of the revision that are to be seen. `signal` ends every read. */
export function remoteFolder(
  reference: HubReference,
  revision: Revision,
  files: readonly HubFile[],
  settings: HubSettings,
  signal: AbortSignal,
): MountedFolder {
  let total = 0;
  const shared: Shared = {
    reference,
    revision,
    settings,
    signal,
    kept: { extents: [], mostBytes: mostKept },
    lane: limited(mostRequests),
    received: (bytes) => (total += bytes),
  };
  const byName = new Map(files.map((file) => [file.name, file]));
  const readers = new Map<string, Reader>();
  return {
    sizes: new Map(files.map(({ name, size }) => [name, size])),
    get received() {
      return total;
    },
    async open(name, path): Promise<ByteSource> {
      const file = byName.get(name)!;
      const { size, digest } = file;
      const listed = digest.kind === 'sha256' ? { listedSha256: digest.hex } : {};
      const blob = blobPath(repositoryFolder(settings.cache, reference), file);
      if ((await fileSize(blob)) === size) return { ...(await openFile(blob)), path };
      const reader = readers.get(name) ?? readerOf(file, shared);
      readers.set(name, reader);
      return {
        path,
        size,
        ...listed,
        async read(offset, length, field, target) {
          checkRange(path, size, offset, length, field);
          const bytes = target ?? new Uint8Array(length);
          await reader(offset, bytes);
          return bytes;
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}
