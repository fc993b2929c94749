// What the cache on this machine holds, as the Python tools lay it out: blobs by digest, snapshots of links to them, refs by name.
// Looks at links and never through them: what lies outside of a repository's folder is not counted.
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { holderOf } from '../process-lock.js';
import { locksFolder } from './store.js';

export interface CachedFile {
  /** With slashes, inside the snapshot. */
  readonly name: string;
  /** The link, or the file itself where the system has no links. */
  readonly path: string;
  readonly bytes: number;
  /** The blob's name; undefined for a file of its own, and for a link that leads elsewhere. */
  readonly blob?: string;
}

export interface CachedRevision {
  readonly commit: string;
  readonly path: string;
  /** Branches and tags that mean it. */
  readonly refs: readonly { readonly name: string; readonly path: string }[];
  readonly files: readonly CachedFile[];
}

export interface CachedBlob {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

export interface CachedRepository {
  /** `org/name`. */
  readonly repository: string;
  readonly path: string;
  readonly revisions: readonly CachedRevision[];
  /** Refs to commits that have no snapshot. */
  readonly strayRefs: readonly string[];
  readonly blobs: readonly CachedBlob[];
  /** Digests that a process of llmx is loading at present. */
  readonly loading: ReadonlySet<string>;
}

const prefix = 'models--';
export const isUnfinished = (blob: string): boolean => /\.incomplete(?:\.json(?:\.new)?)?$/.test(blob);
export const digestIn = (blob: string): string => blob.split('.')[0]!;

const sorted = (entries: readonly Dirent[]): readonly Dirent[] => [...entries].sort((left, right) => (left.name < right.name ? -1 : 1));

/** Entries of a folder; none where there is no folder, or a link in its place. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  if ((await lstat(folder).catch(() => undefined))?.isDirectory() !== true) return [];
  return sorted(await readdir(folder, { withFileTypes: true }));
}

/** Paths of all that is no folder. */
async function walk(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await walk(path)));
    else found.push(path);
  }
  return found;
}

const nameIn = (folder: string, path: string): string => relative(folder, path).replaceAll('\\', '/');

async function readBlobs(folder: string): Promise<readonly CachedBlob[]> {
  const blobs: CachedBlob[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const facts = entry.isFile() ? await lstat(path).catch(() => undefined) : undefined;
    if (facts !== undefined) blobs.push({ name: entry.name, path, bytes: facts.size, changed: facts.mtimeMs });
  }
  return blobs;
}

/** The blob that a link means, by its text or by where it really ends. */
async function blobOf(path: string, folder: string): Promise<string | undefined> {
  const target = resolve(dirname(path), await readlink(path));
  if (dirname(target) === resolve(folder)) return basename(target);
  const [real, realFolder] = [await realpath(path).catch(() => ''), await realpath(folder).catch(() => undefined)];
  return dirname(real) === realFolder ? basename(real) : undefined;
}

async function readRevision(path: string, blobs: ReadonlyMap<string, number>, blobFolder: string): Promise<readonly CachedFile[]> {
  const files: CachedFile[] = [];
  for (const each of await walk(path)) {
    const facts = await lstat(each).catch(() => undefined);
    if (facts === undefined) continue;
    const name = nameIn(path, each);
    if (!facts.isSymbolicLink()) {
      files.push({ name, path: each, bytes: facts.size });
      continue;
    }
    const blob = await blobOf(each, blobFolder);
    files.push({ name, path: each, bytes: blobs.get(blob ?? '') ?? 0, ...(blob === undefined ? {} : { blob }) });
  }
  return files;
}

async function readLoading(folder: string): Promise<ReadonlySet<string>> {
  const loading = new Set<string>();
  for (const { name } of await entriesOf(folder)) {
    if (!name.endsWith('.llmx.lock')) continue;
    if ((await holderOf(join(folder, name))) !== undefined) loading.add(digestIn(name));
  }
  return loading;
}

async function readRepository(cache: string, folder: string): Promise<CachedRepository> {
  const path = join(cache, folder);
  const blobFolder = join(path, 'blobs');
  const blobs = await readBlobs(blobFolder);
  const sizes = new Map(blobs.map(({ name, bytes }) => [name, bytes]));
  const refs = await Promise.all(
    (await walk(join(path, 'refs'))).map(async (ref) => ({
      name: nameIn(join(path, 'refs'), ref),
      path: ref,
      commit: (await lstat(ref)).isFile() ? (await readFile(ref, 'utf8')).slice(0, 64).trim() : '',
    })),
  );
  const revisions: CachedRevision[] = [];
  for (const entry of await entriesOf(join(path, 'snapshots'))) {
    if (!entry.isDirectory()) continue;
    const snapshot = join(path, 'snapshots', entry.name);
    const own = refs.filter(({ commit }) => commit === entry.name).map(({ name, path: ref }) => ({ name, path: ref }));
    revisions.push({ commit: entry.name, path: snapshot, refs: own, files: await readRevision(snapshot, sizes, blobFolder) });
  }
  const commits = new Set(revisions.map(({ commit }) => commit));
  return {
    repository: folder.slice(prefix.length).replace('--', '/'),
    path,
    revisions,
    strayRefs: refs.filter(({ commit }) => !commits.has(commit)).map(({ path: ref }) => ref),
    blobs,
    loading: await readLoading(locksFolder(cache, folder)),
  };
}

/** All models of the cache, by name. A repository's folder that is a link is not the cache's, and left out. */
export async function readCache(cache: string): Promise<readonly CachedRepository[]> {
  const found: CachedRepository[] = [];
  for (const entry of sorted(await readdir(cache, { withFileTypes: true }).catch(() => [])))
    if (entry.isDirectory() && entry.name.startsWith(prefix)) found.push(await readRepository(cache, entry.name));
  return found;
}
