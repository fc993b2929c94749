// Model references as users write them: a path, hf:org/name[@rev][:file], or builtin:NAME; each becomes a path on this machine.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LlmxError } from '../base/error.js';
import { nearest } from '../base/nearest.js';
import { packageRoot } from '../base/package-root.js';
import { findInHubCache, type HubReference } from './hub/cache.js';

export type Reference =
  | { readonly kind: 'path'; readonly path: string }
  | ({ readonly kind: 'hub' } & HubReference)
  | { readonly kind: 'builtin'; readonly name: BuiltinName };

/** Models that come with llmx, by name. */
const builtins = { storyteller: 'fixtures/storyteller/storyteller-q8_0.gguf' } as const;
type BuiltinName = keyof typeof builtins;

const shapes = 'Give a file, a folder, hf:org/name[@revision][:file] or builtin:storyteller';
const usage = (problem: string, hint = shapes): LlmxError => new LlmxError('usage', problem, hint);

/** Addresses that people paste, up to the repository; the last slash included. */
const pasted = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/|^hf:\/\//i;
const scheme = /^([a-z][a-z0-9+.-]+):/i;
const safePart = /^(?!\.+$)[\w.-]+$/;

/** The revision only where one is written. */
type WrittenHub = Omit<HubReference, 'revision'> & Partial<HubReference>;

/** It becomes a part of paths. `text`: what the error names. */
export function checkRevision(text: string, revision: string): void {
  if (!revision.split('/').every((part) => safePart.test(part)))
    throw usage(`${text}: ${revision || 'nothing'} is not a revision`, 'A revision is a branch, a tag, a commit or refs/pr/N');
}

function hub(text: string, repository: string, revision: string | undefined, file: string | undefined): WrittenHub {
  if (!/^[^/]+\/[^/]+$/.test(repository) || !repository.split('/').every((part) => safePart.test(part) && !part.includes('..')))
    throw usage(`${text}: ${repository || 'nothing'} is not of the form org/name`);
  if (revision !== undefined) checkRevision(text, revision);
  if (file !== undefined && (file === '' || file.split('/').some((part) => part === '' || part === '.' || part === '..')))
    throw usage(`${text}: ${file || 'nothing'} is not a file of a repository`);
  return { repository, ...(revision === undefined ? {} : { revision }), ...(file === undefined ? {} : { file }) };
}

/** `org/name[@rev][:file]`. */
function parseHub(text: string, rest: string): WrittenHub {
  const match = /^([^@:]*)(?:@([^:]*))?(?::(.*))?$/s.exec(rest);
  if (match === null) throw usage(`${text}: not of the form hf:org/name[@revision][:file]`);
  return hub(text, match[1]!, match[2], match[3]);
}

/** `org/name`, then `/tree/REV`, `/blob/REV/FILE`, `/resolve/REV/FILE` of a web page, or `[@REV]/FILE` behind hf://. */
function parsePasted(text: string, rest: string): WrittenHub {
  const path = rest.split(/[?#]/)[0]!.replace(/\/+$/, '');
  const [org, named = '', ...inside] = path.split('/');
  if (inside.length === 0) return parseHub(text, path);
  const [name, revision] = named.split('@');
  const isPage = revision === undefined && ['tree', 'blob', 'resolve'].includes(inside[0]!) && inside.length > 1;
  const file = (isPage ? inside.slice(2) : inside).join('/');
  return hub(text, `${org}/${name}`, isPage ? inside[1] : revision, file === '' ? undefined : file);
}

/** What a text means on the hub; undefined for all others. */
function writtenHub(text: string): WrittenHub | undefined {
  const address = pasted.exec(text);
  if (address !== null) return parsePasted(text, text.slice(address[0].length));
  return /^hf:/i.test(text) ? parseHub(text, text.slice(3)) : undefined;
}

/** Where only the hub is meant, whatever lies on this machine; the revision only where one is written. */
export function parseHubReference(text: string): WrittenHub {
  const written = text.includes('\0') ? undefined : writtenHub(text);
  if (written === undefined) throw usage(`${text}: not a reference to the hub`, 'Give hf:org/name[@revision][:file]');
  return written;
}

/** What a text means. An existing path wins over everything; `./` and the like force one. */
export function parseReference(text: string, exists: (path: string) => boolean = existsSync): Reference {
  if (text === '') throw usage('an empty model reference');
  if (text.includes('\0')) throw usage('a model reference with a zero byte');
  if (exists(text) || /^(\.{0,2}[/\\]|~|[a-z]:)/i.test(text)) return { kind: 'path', path: text };
  const written = writtenHub(text);
  if (written !== undefined) return { kind: 'hub', ...written, revision: written.revision ?? 'main' };
  const named = scheme.exec(text)?.[1]?.toLowerCase();
  if (named === undefined) return { kind: 'path', path: text };
  const rest = text.slice(named.length + 1);
  if (named !== 'builtin') throw usage(`${text}: unknown scheme ${named}:`);
  if (Object.hasOwn(builtins, rest)) return { kind: 'builtin', name: rest as BuiltinName };
  const similar = nearest(rest, Object.keys(builtins));
  throw new LlmxError(
    'not-found',
    `${text}: no such builtin model`,
    similar === undefined ? `There is builtin:${Object.keys(builtins).join(', builtin:')}` : `Did you mean builtin:${similar}?`,
  );
}

/** The path on this machine that a reference means. What an `hf:` reference means must lie in the cache already (`cacheFolder`, or where the environment says). */
export async function resolveReference(text: string, cacheFolder?: string): Promise<string> {
  const reference = parseReference(text);
  switch (reference.kind) {
    case 'path':
      return reference.path;
    case 'hub':
      return findInHubCache(reference, cacheFolder);
    case 'builtin':
      return join(packageRoot(), builtins[reference.name]);
    default:
      return reference satisfies never;
  }
}
