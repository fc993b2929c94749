// Files into the cache's layout, which the Python tools share: blobs by digest, snapshots of links, refs by name; one process a blob.
import { copyFile, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { lock } from '../process-lock.js';
import { diskError } from '../write-file.js';
import type { HubReference } from './cache.js';
import { digestOf } from './digest.js';
import { downloadFile } from './download.js';
import { nameOf, type HubFile, type Revision } from './repository.js';
import type { HubSettings } from './settings.js';

export interface FetchOptions {
  readonly workers: number;
  /** Loads again what is there. */
  readonly force: boolean;
  /** Looks at the digest of what is there. */
  readonly verify: boolean;
  readonly arrived: (bytes: number) => void;
}

export const repositoryFolder = (cache: string, { repository }: HubReference): string => join(cache, `models--${repository.replace('/', '--')}`);
export const blobPath = (root: string, { digest }: HubFile): string => join(root, 'blobs', digest.hex);
export const snapshotPath = (root: string, { commit }: Revision, { name }: HubFile): string => join(root, 'snapshots', commit, ...name.split('/'));

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

export const addressOf = ({ endpoint }: HubSettings, { repository }: HubReference, { commit }: Revision, { name }: HubFile): string =>
  `${endpoint}/${repository}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;

/** Where the locks of a repository's blobs lie; `folder` is its name in the cache. */
export const locksFolder = (cache: string, folder: string): string => join(cache, '.locks', folder);

/** True where the blob is there, whole as far as is asked. */
async function isThere(path: string, file: HubFile, { force, verify }: FetchOptions): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || force) return false;
  if (facts.size !== file.size) return false;
  return !verify || (await digestOf(path, file)) === file.digest.hex;
}

/** A link where the system has them, else a copy. */
async function link(snapshot: string, blob: string): Promise<void> {
  await mkdir(dirname(snapshot), { recursive: true });
  const temporary = `${snapshot}.${process.pid}.new`;
  await rm(temporary, { force: true });
  await symlink(relative(dirname(snapshot), blob), temporary).catch(() => copyFile(blob, temporary));
  await rename(temporary, snapshot);
}

/** One file of a revision, in the cache afterwards. Returns its path among the snapshots. */
export async function storeFile(
  reference: HubReference,
  revision: Revision,
  file: HubFile,
  settings: HubSettings,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<string> {
  const root = repositoryFolder(settings.cache, reference);
  const blob = blobPath(root, file);
  const snapshot = snapshotPath(root, revision, file);
  try {
    await mkdir(dirname(blob), { recursive: true });
  } catch (error) {
    throw diskError(dirname(blob), error);
  }
  await using held = await lock(join(locksFolder(settings.cache, basename(root)), `${file.digest.hex}.llmx.lock`), signal);
  void held;
  if (await isThere(blob, file, options)) options.arrived(file.size);
  else {
    const what = `${nameOf(reference)}:${file.name}`;
    await downloadFile(
      { file, url: addressOf(settings, reference, revision, file), what, path: blob, workers: options.workers, arrived: options.arrived },
      settings,
      signal,
    );
  }
  try {
    if (!(await exists(snapshot)) || options.force) await link(snapshot, blob);
  } catch (error) {
    throw diskError(snapshot, error);
  }
  return snapshot;
}

/** What a branch or tag means from now on. */
export async function storeRef(reference: HubReference, { commit }: Revision, { cache }: HubSettings): Promise<void> {
  if (reference.revision === commit) return;
  const path = join(repositoryFolder(cache, reference), 'refs', ...reference.revision.split('/'));
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, commit);
    await rename(`${path}.new`, path);
  } catch (error) {
    throw diskError(path, error);
  }
}

export const checkKnown = (reference: HubReference, wanted: readonly HubFile[], { files }: Revision): void => {
  if (wanted.length > 0) return;
  const names = files.map(({ name }) => name);
  throw new LlmxError(
    'not-found',
    `${nameOf(reference)} has no file ${reference.file ?? 'that could be a model'}`,
    names.length === 0 ? 'The repository is empty' : `It has ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`,
  );
};
