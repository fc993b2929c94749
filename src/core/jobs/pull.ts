// `llmx pull`: models from the hub into the cache that other tools share, or into a folder; and what every `hf:` reference does when it is not there.
import { copyFile, mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { Event, Job, JsonObject } from '../base/event.js';
import type { HubReference } from '../checkpoints/hub/cache.js';
import type { FileChoice } from '../checkpoints/hub/choose.js';
import { nameOf, type HubFile } from '../checkpoints/hub/repository.js';
import { hubSettings, type HubSettings } from '../checkpoints/hub/settings.js';
import { repositoryFolder, storeFile, storeRef, type FetchOptions } from '../checkpoints/hub/store.js';
import { diskError } from '../checkpoints/write-file.js';
import { checkRevision, parseHubReference } from '../checkpoints/reference.js';
import { pathIn, planHub, type HubPlan } from './hub-plan.js';

export interface PullOptions extends Omit<FileChoice, 'file'> {
  readonly references: readonly string[];
  /** Instead of the revision that a reference names. */
  readonly revision?: string;
  readonly localFolder?: string;
  readonly workers: number;
  readonly force: boolean;
  readonly verify: boolean;
  readonly dryRun: boolean;
  readonly offline: boolean;
  readonly cacheFolder?: string;
  readonly tokenFile?: string;
}

interface Pulled {
  readonly reference: string;
  readonly commit: string;
  /** A file where one was asked for, else the folder. */
  readonly path: string;
  readonly files: readonly JsonObject[];
  readonly bytes: number;
}

export interface PullReport {
  readonly models: readonly (Pulled & JsonObject)[];
  readonly bytes: number;
  readonly dry_run: boolean;
  readonly seconds: number;
}

const totalOf = (files: readonly HubFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

async function checkSpace(folder: string, bytes: number, what: string): Promise<void> {
  let there = resolve(folder);
  while ((await stat(there).catch(() => undefined)) === undefined && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  if (bavail * bsize < bytes)
    throw new LlmxError(
      'disk',
      `${what}: ${bytes} bytes are needed in ${folder}, ${bavail * bsize} are free`,
      'Free some space, or set HF_HUB_CACHE or --cache-dir',
    );
}

const progressMilliseconds = 200;

/** Several files at a time; small ones first, so that what is wrong with a model shows early. */
async function* fetchFiles(
  { reference, revision, files }: HubPlan,
  settings: HubSettings,
  options: Omit<FetchOptions, 'arrived'>,
  signal: AbortSignal,
): Job<void> {
  const total = totalOf(files);
  const began = performance.now();
  let done = 0;
  const queue = [...files].sort((left, right) => left.size - right.size);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await storeFile(reference, revision, file, settings, { ...options, arrived: (bytes) => (done += bytes) }, both);
  };
  const workers = Array.from({ length: Math.min(options.workers, files.length) }, work);
  const all = Promise.all(workers);
  let over = false;
  const ended = all.then(
    () => (over = true),
    () => (over = true),
  );
  const event = (): Event => {
    const rate = done / Math.max(1e-3, (performance.now() - began) / 1000);
    return { type: 'progress', phase: 'pull', done: Math.min(done, total), total, unit: 'bytes', rate, eta_s: (total - done) / Math.max(1, rate) };
  };
  try {
    while (!over) {
      await Promise.race([ended, new Promise((resume) => setTimeout(resume, progressMilliseconds))]);
      yield event();
    }
    await all;
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

async function copyTo(folder: string, snapshot: string, name: string): Promise<string> {
  const target = join(folder, ...name.split('/'));
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(snapshot, `${target}.partial`);
    await rename(`${target}.partial`, target);
  } catch (error) {
    await rm(`${target}.partial`, { force: true });
    throw diskError(target, error);
  }
  return target;
}

/** Fetches what a reference means, unless it is there, and returns its path. */
export async function* fetchReference(
  reference: HubReference,
  given: { readonly offline: boolean; readonly cacheFolder?: string },
  signal: AbortSignal,
): Job<string> {
  const settings = await hubSettings(given);
  const plan = await planHub(reference, { include: [], exclude: [] }, settings, signal);
  await checkSpace(settings.cache, totalOf(plan.files), nameOf(reference));
  yield* fetchFiles(plan, settings, { workers: 4, force: false, verify: false }, signal);
  await storeRef(reference, plan.revision, settings);
  return pathIn(join(repositoryFolder(settings.cache, reference), 'snapshots', plan.revision.commit), plan);
}

export async function* pull(options: PullOptions, signal: AbortSignal): Job<PullReport> {
  const began = performance.now();
  if (options.revision !== undefined) checkRevision('--revision', options.revision);
  const settings = await hubSettings(options);
  const models: (Pulled & JsonObject)[] = [];
  for (const text of options.references) {
    const written = parseHubReference(text);
    const reference = { ...written, revision: options.revision ?? written.revision ?? 'main' };
    const plan = await planHub(reference, options, settings, signal);
    const bytes = totalOf(plan.files);
    const { commit } = plan.revision;
    const folder = join(repositoryFolder(settings.cache, reference), 'snapshots', commit);
    yield {
      type: 'plan',
      plan: {
        reference: nameOf(reference),
        commit,
        bytes,
        files: plan.files.map(({ name, size, digest }) => ({ name, bytes: size, [digest.kind]: digest.hex })),
      },
    };
    let path = pathIn(folder, plan);
    if (!options.dryRun) {
      await checkSpace(settings.cache, bytes, nameOf(reference));
      yield* fetchFiles(plan, settings, options, signal);
      await storeRef(reference, plan.revision, settings);
      if (options.localFolder !== undefined) {
        for (const { name } of plan.files) await copyTo(options.localFolder, join(folder, ...name.split('/')), name);
        path = pathIn(options.localFolder, plan);
      }
    }
    models.push({ reference: nameOf(reference), commit, path, files: plan.files.map(({ name, size }) => ({ name, bytes: size })), bytes });
  }
  return { models, bytes: models.reduce((sum, model) => sum + model.bytes, 0), dry_run: options.dryRun, seconds: (performance.now() - began) / 1000 };
}
