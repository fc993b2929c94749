// One session as a file of JSON lines: a header, then one line a change. A process that is killed while it writes loses its last line at most.
import { constants } from 'node:fs';
import { mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { JsonObject } from '../../base/event.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { readError, writeError } from '../system-errors.js';
import type { Transcript } from './conversation.js';
import { checkMessage, isDeep } from './parse-messages.js';

export const sessionSchema = 'llmx.session/1';

export interface SessionHeader {
  readonly id: string;
  readonly name?: string;
  /** A reference as users write it; a path is absolute. The one that went on with the session last. */
  readonly model: string;
  /** ISO 8601. */
  readonly created: string;
  /** As they were at the beginning. */
  readonly settings: JsonObject;
}

/** A line behind the header: a name, a model, settings, or a branch as its first `keep` messages (of `from`, where that is another branch) and these. */
interface Change {
  readonly name?: string;
  readonly model?: string;
  readonly settings?: JsonObject;
  readonly branch?: string;
  readonly from?: string;
  readonly keep?: number;
  readonly append?: readonly ChatMessage[];
}

export interface SessionState {
  readonly header: SessionHeader;
  readonly transcript: Transcript;
  /** As they were at the end. */
  readonly settings: JsonObject;
  /** Bytes of whole lines; what follows was torn off while it was written. */
  readonly bytes: number;
}

export interface FoundSession extends SessionState {
  readonly id: string;
  readonly path: string;
}

const largest = 64 << 20;
const mostBranches = 10_000;
const hint = 'Move the file away; other sessions are not touched';
const malformed = (path: string, number: number, what: string): LlmxError => new LlmxError('malformed', `${path}, line ${number}: ${what}`, hint);

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function parseLine(path: string, number: number, line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw malformed(path, number, 'not JSON');
  }
  if (!isObject(value)) throw malformed(path, number, 'not a JSON object');
  return value;
}

function headerOf(path: string, fields: Fields): SessionHeader {
  const { schema, id, name, model, created, settings = {} } = fields;
  if (schema !== sessionSchema)
    throw malformed(
      path,
      1,
      typeof schema === 'string' ? `the schema is ${JSON.stringify(schema.slice(0, 60))}, not ${sessionSchema}` : 'no session of llmx chat',
    );
  if (typeof id !== 'string' || !isId(id) || typeof model !== 'string' || typeof created !== 'string' || !isObject(settings) || isDeep(settings))
    throw malformed(path, 1, 'the header is not whole');
  return { id, ...(typeof name === 'string' && { name }), model, created, settings: settings as JsonObject };
}

export const isId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);

/** The branches after one more change. */
function applyChange(path: string, number: number, fields: Fields, branches: Map<string, readonly ChatMessage[]>): string {
  const { branch, from = branch, keep = 0, append = [] } = fields;
  if (typeof branch !== 'string' || typeof from !== 'string' || !Array.isArray(append)) throw malformed(path, number, 'not a change of a session');
  const base = branches.get(from) ?? [];
  if (typeof keep !== 'number' || !Number.isInteger(keep) || keep < 0 || keep > base.length)
    throw malformed(path, number, `keeps ${JSON.stringify(keep)?.slice(0, 20)} of ${base.length} messages`);
  branches.set(branch, [...base.slice(0, keep), ...append.map((message) => checkMessage(message, `${path}, line ${number}`))]);
  if (branches.size > mostBranches) throw malformed(path, number, `more than ${mostBranches} branches`);
  return branch;
}

export function parseSession(path: string, text: string): SessionState {
  const lines = text.split('\n');
  // What follows the last line end was being written when the process ended.
  const torn = lines.pop()!;
  const [first, ...rest] = lines;
  if (first === undefined) throw malformed(path, 1, 'the header is not whole');
  let header = headerOf(path, parseLine(path, 1, first));
  const branches = new Map<string, readonly ChatMessage[]>([['main', []]]);
  let branch = 'main';
  let { settings } = header;
  for (const [index, line] of rest.entries()) {
    const fields = parseLine(path, index + 2, line);
    if (typeof fields['name'] === 'string') header = { ...header, name: fields['name'] };
    else if (typeof fields['model'] === 'string') header = { ...header, model: fields['model'] };
    else if (isObject(fields['settings']) && !isDeep(fields['settings'])) settings = fields['settings'] as JsonObject;
    else branch = applyChange(path, index + 2, fields, branches);
  }
  return {
    header,
    settings,
    transcript: { branch, branches: Object.fromEntries(branches) },
    bytes: Buffer.byteLength(text) - Buffer.byteLength(torn),
  };
}

export async function readSession(path: string): Promise<SessionState> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > largest) throw new LlmxError('malformed', `${path}: ${size} bytes are no session; there may be ${largest}`, hint);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw readError(path, error, hint);
  }
  return parseSession(path, text);
}

const sameMessage = (left: ChatMessage, right: ChatMessage): boolean => left === right || JSON.stringify(left) === JSON.stringify(right);

function commonLength(left: readonly ChatMessage[], right: readonly ChatMessage[]): number {
  let length = 0;
  while (length < left.length && length < right.length && sameMessage(left[length]!, right[length]!)) length++;
  return length;
}

/** The fewest lines from one transcript to another; the current branch comes last. */
export function changesBetween(before: Transcript, after: Transcript): readonly Change[] {
  const names = [...Object.keys(after.branches).filter((name) => name !== after.branch), after.branch];
  return names.flatMap((name): readonly Change[] => {
    const messages = after.branches[name]!;
    const old = Object.hasOwn(before.branches, name) ? before.branches[name]! : undefined;
    const parent = old ?? (Object.hasOwn(before.branches, before.branch) ? before.branches[before.branch]! : []);
    const keep = commonLength(parent, messages);
    const isSame = old !== undefined && keep === old.length && keep === messages.length;
    if (isSame && (name !== after.branch || before.branch === after.branch)) return [];
    return [{ branch: name, ...(old === undefined && { from: before.branch }), keep, append: messages.slice(keep) }];
  });
}

/** What a session is kept as, beside its name. */
export interface SessionContent {
  readonly transcript: Transcript;
  readonly settings: JsonObject;
  readonly model: string;
}

export interface SessionWriter {
  readonly path: string;
  readonly header: SessionHeader;
  /** Appends what has changed, and waits until it is on the disk. False where another process has written to the file meanwhile. */
  save(content: SessionContent): Promise<boolean>;
  rename(name: string): Promise<boolean>;
}

const noTranscript: Transcript = { branch: 'main', branches: { main: [] } };

async function appendLines(path: string, file: FileHandle, values: readonly object[]): Promise<number> {
  const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  await file.appendFile(bytes);
  await file.sync();
  return bytes.length;
}

/** `known`: what the file holds already; without it the file is begun. */
export function createSessionWriter(path: string, begun: SessionHeader, known?: SessionState): SessionWriter {
  let header = begun;
  let transcript = known?.transcript ?? noTranscript;
  let settings = JSON.stringify(known?.settings ?? begun.settings);
  /** Bytes of the file; undefined before it exists. */
  let size = known?.bytes;
  const append = async (values: readonly object[]): Promise<boolean> => {
    if (values.length === 0) return true;
    try {
      if (size === undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const flags = constants.O_WRONLY | constants.O_APPEND | (size === undefined ? constants.O_CREAT | constants.O_EXCL : 0);
      const file = await open(path, flags, 0o600);
      try {
        const found = (await file.stat()).size;
        const isFirst = (size ?? 0) === 0;
        if (size !== undefined && found !== size) {
          // A torn line at the end is ours to take away; more than that is another process's.
          if (known === undefined || size !== known.bytes || found < size || (await readSession(path)).bytes !== size) return false;
          await file.truncate(size);
        }
        const lines = isFirst ? [{ schema: sessionSchema, ...header }, ...values] : values;
        try {
          size = (size ?? 0) + (await appendLines(path, file, lines));
        } catch (error) {
          // Half a line must not stand before the next one.
          await file.truncate(size ?? 0).catch(() => {});
          size ??= 0;
          throw error;
        }
        return true;
      } finally {
        await file.close();
      }
    } catch (error) {
      throw writeError(path, error, 'Use --no-save to go on without a session');
    }
  };
  return {
    path,
    get header() {
      return header;
    },
    async save({ transcript: next, settings: nextSettings, model }) {
      const written = JSON.stringify(nextSettings);
      const changes: readonly Change[] = [
        ...changesBetween(transcript, next),
        ...(written === settings ? [] : [{ settings: nextSettings }]),
        ...(model === header.model ? [] : [{ model }]),
      ];
      if (!(await append(changes))) return false;
      settings = written;
      header = { ...header, model };
      transcript = {
        branch: next.branch,
        branches: Object.fromEntries(Object.entries(next.branches).map(([name, messages]) => [name, [...messages]])),
      };
      return true;
    },
    async rename(name) {
      const isNew = size === undefined;
      header = { ...header, name };
      return isNew ? true : append([{ name }]);
    },
  };
}
