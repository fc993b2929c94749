// What a reference to the hub comes to: a revision, the files that are meant, and where they lie under a folder. Asks the hub for its listing.
import { join } from 'node:path';
import type { HubReference } from '../checkpoints/hub/cache.js';
import { chooseFiles, type FileChoice } from '../checkpoints/hub/choose.js';
import { remoteFolder } from '../checkpoints/hub/remote-folder.js';
import { readRevision, type HubFile, type Revision } from '../checkpoints/hub/repository.js';
import { hubSettings, type HubSettings } from '../checkpoints/hub/settings.js';
import { checkKnown } from '../checkpoints/hub/store.js';
import type { Mounts } from '../checkpoints/mounts.js';

export interface HubPlan {
  readonly reference: HubReference;
  readonly revision: Revision;
  readonly files: readonly HubFile[];
}

export async function planHub(
  reference: HubReference,
  choice: Omit<FileChoice, 'file'>,
  settings: HubSettings,
  signal: AbortSignal,
): Promise<HubPlan> {
  const revision = await readRevision(reference, settings, signal);
  const files = chooseFiles(revision.files, { ...choice, ...(reference.file === undefined ? {} : { file: reference.file }) });
  checkKnown(reference, files, revision);
  return { reference, revision, files };
}

/** Where the model lies once its files lie in `folder`: the only file that was asked for, or the folder. */
export function pathIn(folder: string, { reference, files }: HubPlan): string {
  const isFolder = reference.file === undefined && !files.every(({ name }) => name.endsWith('.gguf'));
  return isFolder ? folder : join(folder, ...files[0]!.name.split('/'));
}

/** Mounts what a reference means as `hf:org/name@COMMIT`, to be read by range, and returns the model's path. */
export async function mountReference(
  reference: HubReference,
  given: { readonly offline: boolean; readonly cacheFolder?: string },
  mounts: Mounts,
  signal: AbortSignal,
): Promise<string> {
  const settings = await hubSettings(given);
  const plan = await planHub(reference, { include: [], exclude: [] }, settings, signal);
  const folder = `hf:${reference.repository}@${plan.revision.commit}`;
  mounts.add(folder, remoteFolder(reference, plan.revision, plan.files, settings, signal));
  return pathIn(folder, plan);
}
