// `llmx pull --list`, `--rm` and `--prune`: what the cache of models holds, and how it gets smaller.
import type { Job } from '../base/event.js';
import { isUnfinished, readCache, type CachedRepository } from '../checkpoints/hub/cached.js';
import { planPruning, planRemoval, remove, type Removal } from '../checkpoints/hub/removal.js';
import { hubSettings } from '../checkpoints/hub/settings.js';
import { parseHubReference } from '../checkpoints/reference.js';

interface CacheChoice {
  readonly cacheFolder?: string;
}

export interface ListReport {
  readonly cache: string;
  readonly models: readonly {
    readonly repository: string;
    readonly path: string;
    /** Of all blobs, which revisions share. */
    readonly bytes: number;
    readonly unfinished_bytes: number;
    readonly revisions: readonly {
      readonly commit: string;
      readonly refs: readonly string[];
      readonly path: string;
      readonly bytes: number;
      readonly files: readonly { readonly name: string; readonly bytes: number }[];
    }[];
  }[];
  readonly bytes: number;
}

const total = (parts: readonly { readonly bytes: number }[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

function describe({ repository, path, blobs, revisions }: CachedRepository): ListReport['models'][number] {
  const copies = revisions.flatMap(({ files }) => files.filter(({ blob }) => blob === undefined));
  return {
    repository,
    path,
    bytes: total(blobs) + total(copies),
    unfinished_bytes: total(blobs.filter(({ name }) => isUnfinished(name))),
    revisions: revisions.map(({ commit, refs, path: folder, files }) => ({
      commit,
      refs: refs.map(({ name }) => name),
      path: folder,
      bytes: total(files),
      files: files.map(({ name, bytes }) => ({ name, bytes })),
    })),
  };
}

const cacheOf = async ({ cacheFolder }: CacheChoice): Promise<string> =>
  (await hubSettings({ offline: true, ...(cacheFolder === undefined ? {} : { cacheFolder }) })).cache;

export async function* listCache(choice: CacheChoice): Job<ListReport> {
  const cache = await cacheOf(choice);
  const models = (await readCache(cache)).map(describe);
  return { cache, models, bytes: total(models) };
}

export interface RemoveOptions extends CacheChoice {
  /** Models, revisions and files that go; undefined: what nothing uses. */
  readonly references?: readonly string[];
  readonly dryRun: boolean;
  /** Asked before anything goes: so many files of so many bytes. */
  readonly confirm: (files: number, bytes: number) => Promise<boolean>;
}

export interface RemoveReport {
  readonly removed: readonly string[];
  readonly bytes: number;
  readonly dry_run: boolean;
}

export async function* removeCached({ references, dryRun, confirm, ...choice }: RemoveOptions): Job<RemoveReport> {
  const wanted = references?.map(parseHubReference);
  const repositories = await readCache(await cacheOf(choice));
  let removal: Removal;
  if (wanted === undefined) {
    const pruning = planPruning(repositories, Date.now());
    if (pruning.kept.length > 0)
      yield {
        type: 'warning',
        code: 'maybe-in-use',
        message: `${pruning.kept.length === 1 ? pruning.kept[0] : `${pruning.kept.length} files`}: being loaded, or changed within the last minute: kept`,
      };
    removal = pruning;
  } else removal = planRemoval(repositories, wanted);
  const { paths, bytes } = removal;
  yield { type: 'plan', plan: { remove: paths, bytes } };
  if (paths.length > 0 && !dryRun) {
    if (!(await confirm(paths.length, bytes))) return { removed: [], bytes: 0, dry_run: false };
    await remove(removal);
  }
  return { removed: paths, bytes, dry_run: dryRun };
}
