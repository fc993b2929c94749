// What a repository's revision holds, as the hub's API lists it; names that would leave the folder are refused.
import { LlmxError } from '../../base/error.js';
import type { Json } from '../../base/event.js';
import { quoted } from '../../text/quoted.js';
import { isObject, parseJsonObject } from '../json.js';
import type { HubReference } from './cache.js';
import { bodyParts, request, withRetries } from './request.js';
import type { HubSettings } from './settings.js';

export interface HubFile {
  /** With slashes, inside the repository. */
  readonly name: string;
  readonly size: number;
  /** What the content must have: SHA-256 of large files, git's SHA-1 of a blob for the others. Also its name in the cache. */
  readonly digest: { readonly kind: 'sha256' | 'git-sha1'; readonly hex: string };
}

export interface Revision {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const longestListing = 64 << 20;
const mostFiles = 100_000;

/** A path that stays in the folder on every system. */
export const isSafeName = (name: string): boolean =>
  name.length > 0 &&
  name.length < 1024 &&
  !/[\\:*?"<>|\0-\x1f\x7f]/.test(name) &&
  name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[. ]$/.test(part) && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part));

const hex = (value: Json | undefined, length: number): string | undefined =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${length}}$`).test(value) ? value : undefined;

function readFile(what: string, entry: Json): HubFile {
  if (!isObject(entry) || typeof entry['rfilename'] !== 'string') throw new LlmxError('transfer', `${what}: the listing of its files is malformed`);
  const name = entry['rfilename'];
  if (!isSafeName(name))
    throw new LlmxError('transfer', `${what}: the file name ${quoted(name)} would not stay in its folder`, 'The server is not to be trusted');
  const large = isObject(entry['lfs']) ? entry['lfs'] : undefined;
  const size = large?.['size'] ?? entry['size'];
  const sha256 = hex(large?.['sha256'] ?? large?.['oid'], 64);
  const sha1 = hex(entry['blobId'], 40);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new LlmxError('transfer', `${what}: ${quoted(name)} has no size in the listing`);
  if (large !== undefined && sha256 !== undefined) return { name, size, digest: { kind: 'sha256', hex: sha256 } };
  if (large === undefined && sha1 !== undefined) return { name, size, digest: { kind: 'git-sha1', hex: sha1 } };
  throw new LlmxError('transfer', `${what}: ${quoted(name)} has no digest in the listing`);
}

async function bodyOf(response: Response, what: string, settings: HubSettings): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bodyParts(response, what, settings)) {
    length += part.length;
    if (length > longestListing) throw new LlmxError('transfer', `${what}: a listing of more than ${longestListing} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export const nameOf = ({ repository, revision }: HubReference): string => `hf:${repository}${revision === 'main' ? '' : `@${revision}`}`;

export async function readRevision(reference: HubReference, settings: HubSettings, signal: AbortSignal): Promise<Revision> {
  const what = nameOf(reference);
  const url = `${settings.endpoint}/api/models/${reference.repository}/revision/${encodeURIComponent(reference.revision)}?blobs=true`;
  return withRetries(async () => {
    const response = await request({ url, what, signal }, settings);
    const body = await bodyOf(response, what, settings);
    let listing;
    try {
      listing = parseJsonObject(url, body, { depth: 32 });
    } catch (error) {
      throw new LlmxError(
        'transfer',
        `${what}: the server answers with something that is no listing`,
        'Check HF_ENDPOINT, and whether a proxy asks you to sign in',
        { cause: error },
      );
    }
    const commit = hex(listing['sha'], 40);
    const files = listing['siblings'];
    if (commit === undefined || !Array.isArray(files) || files.length > mostFiles)
      throw new LlmxError('transfer', `${what}: the listing of its files is malformed`);
    const read = (files as readonly Json[]).map((entry) => readFile(what, entry));
    const seen = new Set<string>();
    for (const { name } of read) {
      if (seen.has(name)) throw new LlmxError('transfer', `${what}: ${quoted(name)} stands twice in the listing of its files`);
      seen.add(name);
    }
    return { commit, files: read };
  }, signal);
}
