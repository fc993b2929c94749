// The sessions of a folder: listed, found by id or name, gone on with, and written after every turn. Knows no screen.
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Event, Job, JsonObject } from '../../base/event.js';
import { didYouMean } from '../../base/nearest.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { readError } from '../system-errors.js';
import { isSystem } from './branches.js';
import type { Conversation, Transcript } from './conversation.js';
import { contentOf } from './plain-forms.js';
import { createSessionWriter, readSession, type FoundSession, type SessionContent, type SessionState, type SessionWriter } from './session-file.js';

export interface SessionSummary {
  readonly id: string;
  readonly name?: string;
  /** The first words of the first message. */
  readonly title: string;
  readonly model: string;
  /** Of the branch that was used last. */
  readonly messages: number;
  /** ISO 8601. */
  readonly updated: string;
}

/** What `open` of a store is asked for. */
export interface OpenRequest {
  readonly messages?: readonly ChatMessage[];
}

export interface SessionStore {
  /** Writes what has changed, and waits until it is on the disk. Returns the name, or the id, by which it is found. */
  save(conversation: Conversation, name?: string): Promise<string>;
  /** Newest first. Files that are no sessions are left out. */
  list(): Promise<readonly SessionSummary[]>;
  /** By id or name; goes on in `current` where there is one, else in a conversation that is opened. */
  load(wanted: string, current: Conversation | undefined, signal: AbortSignal): Job<Conversation>;
  /** The next `save` begins a session of its own. */
  begin(): void;
}

export interface StoreOptions {
  readonly folder: string;
  /** What a session keeps of a conversation's settings. */
  readonly settingsOf: (conversation: Conversation) => JsonObject;
  /** Gives a conversation the settings of a session; returns, in words, what could not be taken. */
  readonly applySettings: (conversation: Conversation, settings: JsonObject) => readonly string[];
  readonly open: (signal: AbortSignal, request: OpenRequest) => Job<Conversation>;
  /** The name of the session that `save` begins. */
  readonly name?: string;
}

/** The session that was used last. */
export const latest = 'latest';

const suffix = '.jsonl';
const titleLength = 60;
/** Sessions that a list shows. */
const mostListed = 500;

interface File {
  readonly id: string;
  readonly path: string;
  readonly updated: number;
}

/** The session files of a folder, newest first; none where there is no folder. */
async function filesOf(folder: string): Promise<readonly File[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw readError(folder, error, 'Use --no-save to chat without sessions');
  });
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith(suffix))
      .map(async (name): Promise<File | undefined> => {
        const path = join(folder, name);
        const facts = await stat(path).catch(() => undefined);
        return facts?.isFile() === true ? { id: name.slice(0, -suffix.length), path, updated: facts.mtimeMs } : undefined;
      }),
  );
  return files.filter((file) => file !== undefined).sort((left, right) => right.updated - left.updated || (left.id < right.id ? 1 : -1));
}

const currentOf = ({ branch, branches }: Transcript): readonly ChatMessage[] => branches[branch] ?? [];

function summaryOf({ id, updated }: File, { header: { name, model }, transcript }: SessionState): SessionSummary {
  const messages = currentOf(transcript);
  const first = messages.find((message) => !isSystem(message));
  const words =
    first === undefined
      ? ''
      : contentOf(first)
          .slice(0, 10 * titleLength)
          .replace(/\s+/g, ' ')
          .trim();
  const title = words.length > titleLength ? `${words.slice(0, titleLength - 1)}…` : words;
  return { id, ...(name !== undefined && { name }), title, model, messages: messages.length, updated: new Date(updated).toISOString() };
}

export async function listSessions(folder: string): Promise<readonly SessionSummary[]> {
  const summaries: SessionSummary[] = [];
  for (const file of await filesOf(folder)) {
    if (summaries.length >= mostListed) break;
    const state = await readSession(file.path).catch(() => undefined);
    if (state !== undefined) summaries.push(summaryOf(file, state));
  }
  return summaries;
}

const opened = async ({ id, path }: File): Promise<FoundSession> => ({ id, path, ...(await readSession(path)) });

/**
 * The session with this id, the beginning of one (unless `exactly`), or this name; `latest` is the one that was used last. Undefined where
 * there is none.
 */
export async function findSession(folder: string, wanted: string, exactly = false): Promise<FoundSession | undefined> {
  const files = await filesOf(folder);
  const exact = wanted === latest ? files[0] : files.find(({ id }) => id === wanted);
  if (exact !== undefined) return opened(exact);
  const named = (await listSessions(folder)).find(({ name }) => name === wanted);
  const byName = files.find(({ id }) => id === named?.id);
  if (byName !== undefined) return opened(byName);
  const begun = wanted.length >= 4 && !exactly ? files.filter(({ id }) => id.startsWith(wanted)) : [];
  if (begun.length > 1)
    throw new LlmxError(
      'usage',
      `'${wanted}' begins ${begun.length} sessions`,
      `Say more of it: ${begun
        .slice(0, 4)
        .map(({ id }) => id)
        .join(', ')}`,
    );
  return begun[0] === undefined ? undefined : opened(begun[0]);
}

/** As `findSession`, and an error where there is none. */
export async function requireSession(folder: string, wanted: string): Promise<FoundSession> {
  const found = await findSession(folder, wanted);
  if (found !== undefined) return found;
  if (wanted === latest) throw new LlmxError('not-found', `${folder}: no session to go on with`, 'llmx chat begins one');
  const known = await listSessions(folder);
  const near = didYouMean(
    wanted,
    known.flatMap(({ id, name }) => (name === undefined ? [id] : [id, name])),
  );
  throw new LlmxError('not-found', `there is no session '${wanted}' in ${folder}`, near || 'llmx chat --continue goes on with the last one');
}

/** Sorts by time, and is not guessed. */
const newId = (now: Date): string => `${now.toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;

/** A path means the same from wherever the session is gone on with. */
const lastingReference = ({ reference, path }: Conversation['model']): string => (/^[a-z][a-z0-9]+:/i.test(reference) ? reference : resolve(path));

/** Settings of a session that could not be taken. */
export function* warnSettings(problems: readonly string[]): Generator<Event, void, void> {
  for (const problem of problems) yield { type: 'warning', code: 'session-setting', message: `the session's setting is not taken: ${problem}` };
}

const transcriptOf = ({ transcript, branch, messages }: Conversation): Transcript => transcript ?? { branch, branches: { [branch]: messages } };

/** `found`: the session that the first `save` goes on with. */
export function createSessionStore({ folder, settingsOf, applySettings, open, name }: StoreOptions, found?: FoundSession): SessionStore {
  let writer: SessionWriter | undefined = found && createSessionWriter(found.path, found.header, found);
  let nextName = found === undefined ? name : undefined;
  const sessionOf = (conversation: Conversation): SessionContent => ({
    transcript: transcriptOf(conversation),
    settings: settingsOf(conversation),
    model: lastingReference(conversation.model),
  });
  const begin = (conversation: Conversation): SessionWriter => {
    const now = new Date();
    const id = newId(now);
    const { settings, model } = sessionOf(conversation);
    const header = { id, ...(nextName !== undefined && { name: nextName }), model, created: now.toISOString(), settings };
    nextName = undefined;
    return createSessionWriter(join(folder, id + suffix), header);
  };
  return {
    async save(conversation, wanted) {
      if (wanted !== undefined && wanted !== writer?.header.name) {
        const other = await findSession(folder, wanted, true);
        if (other !== undefined && other.id !== writer?.header.id)
          throw new LlmxError('usage', `there is a session '${wanted}' already`, `Choose another name, or go on with it: /load ${wanted}`);
      }
      if (wanted !== undefined && writer === undefined) nextName = wanted;
      writer ??= begin(conversation);
      const saved =
        (await writer.save(sessionOf(conversation))) && (wanted === undefined || wanted === writer.header.name || (await writer.rename(wanted)));
      if (!saved) {
        // Another process went on with the same session: this one is another from here on.
        nextName = wanted;
        writer = begin(conversation);
        await writer.save(sessionOf(conversation));
      }
      return writer.header.name ?? writer.header.id;
    },
    list: () => listSessions(folder),
    async *load(wanted, current, signal) {
      const session = await requireSession(folder, wanted);
      const conversation = current ?? (yield* open(signal, { messages: currentOf(session.transcript) }));
      const model = lastingReference(conversation.model);
      if (model !== session.header.model)
        yield { type: 'warning', code: 'other-model', message: `this session was held with ${session.header.model}; ${model} goes on with it` };
      conversation.restore?.(session.transcript);
      yield* warnSettings(applySettings(conversation, session.settings));
      writer = createSessionWriter(session.path, session.header, session);
      return conversation;
    },
    begin() {
      writer = undefined;
    },
  };
}
