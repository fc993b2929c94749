// The Hugging Face cache on this machine, read-only: where a repository's revision lies, and which file of it is meant. No network.
import { readFile, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { nearest } from '../../base/nearest.js';

export interface HubReference {
  /** `org/name`. */
  readonly repository: string;
  /** Branch, tag, commit or `refs/pr/N`. */
  readonly revision: string;
  /** A file name, a glob, or a quantization tag. */
  readonly file?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub: the first that is set. */
export function hubCacheFolder(environment: Environment = process.env): string {
  const home = environment['HF_HOME'] || join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  return environment['HF_HUB_CACHE'] || join(home, 'hub');
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

async function snapshotFolder(cache: string, { repository, revision }: HubReference): Promise<string> {
  const root = join(cache, `models--${repository.replace('/', '--')}`);
  const commit = (await readFile(join(root, 'refs', ...revision.split('/')), 'utf8').catch(() => revision)).trim();
  const folder = join(root, 'snapshots', commit);
  // A ref's file holds one commit; anything else in it must not lead elsewhere.
  if (/^[\w.-]+$/.test(commit) && !/^\.+$/.test(commit) && (await exists(folder))) return folder;
  const known = await exists(join(root, 'snapshots'));
  const cached = (await readdir(cache).catch(() => [])).filter((name) => name.startsWith('models--')).map((name) => name.slice(8).replace('--', '/'));
  const similar = nearest(repository, cached);
  const what = known ? `hf:${repository} is in the cache, but not at ${revision}` : `hf:${repository} is not in the cache (${cache})`;
  throw new LlmxError(
    'not-found',
    what,
    `Fetch it where the network may be used: llmx pull hf:${repository}${revision === 'main' ? '' : `@${revision}`}${similar === undefined || known ? '' : `. Did you mean hf:${similar}?`}`,
  );
}

const listFiles = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
};

export const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
      .replaceAll('?', '[^/]')}$`,
  );
const tagPattern = (tag: string): RegExp => new RegExp(`(^|[-._/])${tag.replace(/[^\w]/g, '\\$&')}([-./]|$)`, 'i');

/** Models among GGUF files: projectors and all parts but the first are none. */
const isModel = (name: string): boolean =>
  name.endsWith('.gguf') && !/(^|\/)mmproj/.test(name) && (!/-\d{5}-of-\d{5}\.gguf$/.test(name) || /-00001-of-\d{5}\.gguf$/.test(name));

/** The file that is meant, or undefined for the folder. Without a name, GGUF repositories give Q4_K_M, else their first file. */
export function chooseFile(names: readonly string[], wanted: string | undefined): string | undefined | 'none' {
  const models = names.filter(isModel);
  if (wanted === undefined) {
    if (models.length === 0 || names.some((name) => /^[^/]*\.safetensors$/.test(name))) return undefined;
    return models.find((name) => tagPattern('Q4_K_M').test(name)) ?? models[0];
  }
  if (names.includes(wanted)) return wanted;
  if (/[*?]/.test(wanted))
    return names.filter((name) => !name.endsWith('.gguf') || isModel(name)).find((name) => globPattern(wanted).test(name)) ?? 'none';
  return models.find((name) => tagPattern(wanted).test(name)) ?? 'none';
}

/** The path in the cache of what a reference means. */
export async function findInHubCache(reference: HubReference, cache = hubCacheFolder()): Promise<string> {
  const folder = await snapshotFolder(cache, reference);
  const names = await listFiles(folder);
  const chosen = chooseFile(names, reference.file);
  if (chosen === undefined) return folder;
  if (chosen !== 'none') return join(folder, chosen);
  const models = names.filter(isModel);
  throw new LlmxError(
    'not-found',
    `hf:${reference.repository} has no file ${reference.file} in the cache`,
    models.length > 0 ? `It has ${models.slice(0, 8).join(', ')}` : `It has ${names.slice(0, 8).join(', ')}`,
  );
}
