// What goes from the cache when a model does, or when it is tidied up: decided first, then done. Folders named `.no_exist` stay.
import { rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { nearest } from '../../base/nearest.js';
import { diskError } from '../write-file.js';
import { chooseFile, globPattern } from './cache.js';
import { digestIn, isUnfinished, type CachedBlob, type CachedFile, type CachedRepository, type CachedRevision } from './cached.js';
import { partsOf } from './choose.js';

/** A model, a revision of it, or files of one. */
export interface RemovalReference {
  readonly repository: string;
  /** All revisions where it is not given. */
  readonly revision?: string;
  readonly file?: string;
}

export interface Removal {
  /** In the order in which they go: what names a model before what it is made of. */
  readonly paths: readonly string[];
  readonly bytes: number;
  /** Folders that go where nothing is left in them, inner ones first. */
  readonly folders: readonly string[];
}

const nameOf = ({ repository, revision, file }: RemovalReference): string =>
  `hf:${repository}${revision === undefined ? '' : `@${revision}`}${file === undefined ? '' : `:${file}`}`;

function find(repositories: readonly CachedRepository[], reference: RemovalReference): CachedRepository {
  const found = repositories.find(({ repository }) => repository === reference.repository);
  if (found === undefined) {
    const similar = nearest(
      reference.repository,
      repositories.map(({ repository }) => repository),
    );
    const hint = similar === undefined ? 'llmx pull --list shows what is' : `Did you mean hf:${similar}?`;
    throw new LlmxError('not-found', `hf:${reference.repository} is not in the cache`, hint);
  }
  if (found.loading.size > 0)
    throw new LlmxError('disk', `hf:${found.repository} is being loaded by another process`, 'Wait until it is done, or stop it');
  return found;
}

function revisionsOf({ revisions }: CachedRepository, reference: RemovalReference): readonly CachedRevision[] {
  const { revision } = reference;
  if (revision === undefined) return revisions;
  const found = revisions.filter(({ commit, refs }) => commit === revision || refs.some(({ name }) => name === revision));
  if (found.length > 0) return found;
  const known = revisions.map(({ commit, refs }) => refs[0]?.name ?? commit).slice(0, 8);
  throw new LlmxError('not-found', `${nameOf(reference)} is not in the cache`, known.length === 0 ? '' : `There is ${known.join(', ')}`);
}

/** A file by name or type with its parts, or all that a glob matches. */
function filesOf(revisions: readonly CachedRevision[], reference: RemovalReference): readonly CachedFile[] {
  const { file } = reference;
  if (file === undefined) return revisions.flatMap(({ files }) => files);
  const found = revisions.flatMap(({ files }) => {
    const names = files.map(({ name }) => name);
    const chosen = /[*?]/.test(file) ? undefined : chooseFile(names, file);
    const wanted = chosen === undefined ? names.filter((name) => globPattern(file).test(name)) : chosen === 'none' ? [] : partsOf(chosen, names);
    return files.filter(({ name }) => wanted.includes(name));
  });
  if (found.length > 0) return found;
  const names = [...new Set(revisions.flatMap(({ files }) => files.map(({ name }) => name)))];
  throw new LlmxError('not-found', `${nameOf(reference)}: no such file in the cache`, `It has ${names.slice(0, 8).join(', ')}`);
}

/** Folders from `path` up to and without `top`. */
function foldersUpTo(top: string, path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder.length > top.length; folder = dirname(folder)) folders.push(folder);
  return folders;
}

function removalOf(repository: CachedRepository, gone: ReadonlySet<CachedFile>, whole: boolean): Removal {
  const { path, revisions, strayRefs, blobs } = repository;
  const dying = revisions.filter(({ files }) => files.every((file) => gone.has(file)) && (whole || files.length > 0));
  const refs = [...dying.flatMap((revision) => revision.refs.map((ref) => ref.path)), ...(whole ? strayRefs : [])];
  const used = new Set(revisions.flatMap(({ files }) => files.filter((file) => !gone.has(file)).map(({ blob }) => blob)));
  const freed = new Set([...gone].map(({ blob }) => blob));
  const unused = blobs.filter(({ name }) => !used.has(name) && (whole || freed.has(name)));
  const copies = [...gone].filter(({ blob }) => blob === undefined);
  const paths = [...refs, ...[...gone].map((file) => file.path), ...unused.map((blob) => blob.path)];
  const folders = new Set(paths.flatMap((each) => foldersUpTo(path, each)));
  return {
    paths,
    bytes: [...unused, ...copies].reduce((sum, { bytes }) => sum + bytes, 0),
    folders: [
      ...[...folders, ...dying.map((revision) => revision.path)].sort((left, right) => right.length - left.length),
      ...['blobs', 'snapshots', 'refs'].map((name) => join(path, name)),
      path,
    ],
  };
}

const joined = (removals: readonly Removal[]): Removal => ({
  paths: removals.flatMap(({ paths }) => paths),
  bytes: removals.reduce((sum, { bytes }) => sum + bytes, 0),
  folders: removals.flatMap(({ folders }) => folders),
});

/** Refs and links of what was named, and the blobs that nothing else in the repository uses. */
export function planRemoval(repositories: readonly CachedRepository[], references: readonly RemovalReference[]): Removal {
  const gone = new Map<CachedRepository, Set<CachedFile>>();
  const whole = new Set<CachedRepository>();
  for (const reference of references) {
    const repository = find(repositories, reference);
    const files = gone.get(repository) ?? new Set();
    for (const file of filesOf(revisionsOf(repository, reference), reference)) files.add(file);
    gone.set(repository, files);
    if (reference.revision === undefined && reference.file === undefined) whole.add(repository);
  }
  return joined([...gone].map(([repository, files]) => removalOf(repository, files, whole.has(repository))));
}

/** Other programs leave no word on what they are loading; what they have just written to is theirs. */
const freshMilliseconds = 60_000;

export interface Pruning extends Removal {
  /** Blobs that may be in use. */
  readonly kept: readonly string[];
}

/** Unfinished files, and blobs that no snapshot links to, unless they are being loaded. `now`: milliseconds since 1970. */
export function planPruning(repositories: readonly CachedRepository[], now: number): Pruning {
  const kept: string[] = [];
  const removals = repositories.map(({ path, revisions, blobs, loading }): Removal => {
    const used = new Set(revisions.flatMap(({ files }) => files.map(({ blob }) => blob)));
    const names = new Set(blobs.map(({ name }) => name));
    const isOurs = (name: string): boolean => names.has(`${digestIn(name)}.incomplete.json`);
    const isBusy = ({ name, changed }: CachedBlob): boolean =>
      loading.has(digestIn(name)) || (now - changed < freshMilliseconds && !(isUnfinished(name) && isOurs(name)));
    const idle = blobs.filter(({ name }) => isUnfinished(name) || !used.has(name));
    kept.push(...idle.filter(isBusy).map((blob) => blob.path));
    const going = idle.filter((blob) => !isBusy(blob));
    const bytes = going.reduce((sum, blob) => sum + blob.bytes, 0);
    return { paths: going.map((blob) => blob.path), bytes, folders: revisions.length > 0 || going.length === 0 ? [] : [join(path, 'blobs'), path] };
  });
  return { ...joined(removals), kept };
}

/** Does it. What has gone in the meantime is no failure. */
export async function remove({ paths, folders }: Removal): Promise<void> {
  for (const path of paths)
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw diskError(path, error);
    });
  // One that is not empty holds something that was not meant.
  for (const folder of folders) await rmdir(folder).catch(() => {});
}
