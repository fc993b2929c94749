// Sessions on disk: what is written, who may read it, what a kill leaves, and what hostile files do.
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/base/event.js';
import type { Conversation, Transcript } from '../../../../src/core/jobs/chat/conversation.js';
import { changesBetween, parseSession, readSession, sessionSchema } from '../../../../src/core/jobs/chat/session-file.js';
import { createSessionStore, findSession, latest, listSessions, requireSession, type SessionStore } from '../../../../src/core/jobs/chat/sessions.js';
import type { ChatMessage } from '../../../../src/core/text/chat-template.js';
import { collect, never } from '../../../support/tiny-chat.js';

const freshFolder = (): string => join(mkdtempSync(join(tmpdir(), 'llmx-sessions-')), 'data', 'sessions');
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });

/** As much of a conversation as a store looks at. */
function conversationOf(transcript: Transcript, reference = 'builtin:storyteller'): Conversation & { transcript: Transcript } {
  const conversation = {
    model: { reference, path: '/x' },
    transcript,
    restore: (next: Transcript) => (conversation.transcript = next),
  };
  return conversation as unknown as Conversation & { transcript: Transcript };
}
const mainOf = (...messages: ChatMessage[]): Transcript => ({ branch: 'main', branches: { main: messages } });
const storeIn = (folder: string, more: object = {}): SessionStore =>
  createSessionStore({
    folder,
    settingsOf: () => ({ temperature: 0.8 }),
    applySettings: () => [],
    open: async function* (_, { messages = [] }) {
      return conversationOf(mainOf(...messages));
    },
    ...more,
  });
const onlyFile = (folder: string): string => join(folder, readdirSync(folder)[0]!);

test('a header, then a line a change; for their owner alone', async () => {
  const folder = freshFolder();
  const store = storeIn(folder);
  const conversation = conversationOf(mainOf(user('One'), assistant('1')));
  const id = await store.save(conversation);
  conversation.transcript = mainOf(user('One'), assistant('1'), user('Two'), assistant('2'));
  expect(await store.save(conversation)).toBe(id);
  await store.save(conversation);
  conversation.transcript = mainOf(user('One'), assistant('1'), user('Six'));
  await store.save(conversation);
  const path = onlyFile(folder);
  const [header, ...lines] = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(header).toEqual({
    schema: sessionSchema,
    id,
    model: 'builtin:storyteller',
    created: expect.any(String) as string,
    settings: { temperature: 0.8 },
  });
  expect(lines).toEqual([
    { branch: 'main', keep: 0, append: [user('One'), assistant('1')] },
    { branch: 'main', keep: 2, append: [user('Two'), assistant('2')] },
    { branch: 'main', keep: 2, append: [user('Six')] },
  ]);
  expect([statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
  expect((await readSession(path)).transcript).toEqual(conversation.transcript);
});

test('settings are written when they change, and come back; files without them keep what the header says', async () => {
  const folder = freshFolder();
  let settings: JsonObject = { temp: 0.8, stop: ['a', 'b'] };
  const applied: JsonObject[] = [];
  const given = { settingsOf: () => settings, applySettings: (_: Conversation, kept: JsonObject) => (applied.push(kept), ['temp takes a number']) };
  const store = storeIn(folder, given);
  const conversation = conversationOf(mainOf(user('One')));
  const id = await store.save(conversation);
  await store.save(conversation);
  settings = { temp: 0.2, stop: [] };
  await store.save(conversation);
  await store.save(conversation);
  const lines = readFileSync(onlyFile(folder), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBe(3);
  expect(JSON.parse(lines[2]!)).toEqual({ settings });
  expect((await readSession(onlyFile(folder))).settings).toEqual(settings);
  const events = await collect(storeIn(folder, given).load(id, conversation, never));
  expect(applied).toEqual([settings]);
  expect(JSON.stringify(events)).toContain("the session's setting is not taken: temp takes a number");
  const older = lines.slice(0, 2).join('\n');
  expect(parseSession('older', `${older}\n`).settings).toEqual({ temp: 0.8, stop: ['a', 'b'] });
});

test('the model that went on with a session is the one that it is held with from then on', async () => {
  const folder = freshFolder();
  const first = conversationOf(mainOf(user('One')));
  const id = await storeIn(folder).save(first);
  const second = conversationOf(mainOf(user('One')), 'hf:else/where');
  const store = storeIn(folder);
  expect(JSON.stringify(await collect(store.load(id, second, never)))).toContain('held with builtin:storyteller; hf:else/where goes on with it');
  await store.save(second);
  expect((await readSession(onlyFile(folder))).header.model).toBe('hf:else/where');
  expect((await listSessions(folder)).map(({ model }) => model)).toEqual(['hf:else/where']);
  expect((await collect(storeIn(folder).load(id, second, never))).events).toEqual([]);
});

test('a name belongs to one session', async () => {
  const folder = freshFolder();
  await storeIn(folder).save(conversationOf(mainOf(user('One'))), 'mine');
  const other = storeIn(folder);
  await expect(other.save(conversationOf(mainOf(user('Two'))), 'mine')).rejects.toThrow("there is a session 'mine' already");
  expect(await other.save(conversationOf(mainOf(user('Two'))), 'another')).toBe('another');
  expect((await listSessions(folder)).map(({ name }) => name).sort()).toEqual(['another', 'mine']);
});

test('branches: what is written is what is read, whatever they are called', async () => {
  const steps: Transcript[] = [
    mainOf(user('One'), assistant('1')),
    {
      branch: '__proto__',
      branches: Object.fromEntries([
        ['main', [user('One'), assistant('1')]],
        ['__proto__', [user('One'), assistant('1')]],
      ]),
    },
    {
      branch: '__proto__',
      branches: Object.fromEntries([
        ['main', [user('One'), assistant('1')]],
        ['__proto__', [user('One'), assistant('2')]],
      ]),
    },
    {
      branch: 'main',
      branches: Object.fromEntries([
        ['main', [user('One'), assistant('1')]],
        ['__proto__', [user('One'), assistant('2')]],
      ]),
    },
    {
      branch: 'main',
      branches: Object.fromEntries([
        ['main', []],
        ['__proto__', [user('One'), assistant('2')]],
      ]),
    },
  ];
  let before = mainOf();
  let text = `${JSON.stringify({ schema: sessionSchema, id: 'x', model: 'm', created: '', settings: {} })}\n`;
  for (const step of steps) {
    for (const change of changesBetween(before, step)) text += `${JSON.stringify(change)}\n`;
    expect(parseSession('x', text).transcript).toEqual(step);
    before = step;
  }
  // The second branch was begun by a line that repeats nothing.
  expect(text).toContain('{"branch":"__proto__","from":"main","keep":2,"append":[]}');
});

test('a torn last line is left out, and the next turn begins a line of its own', async () => {
  const folder = freshFolder();
  await storeIn(folder).save(conversationOf(mainOf(user('One'), assistant('1'))));
  const path = onlyFile(folder);
  const whole = readFileSync(path);
  appendFileSync(path, '{"branch":"main","keep":2,"append":[{"role":"user","content":"Zwöl');
  truncateSync(path, statSync(path).size - 2);
  const store = storeIn(folder);
  const conversation = (await collect(store.load(latest, undefined, never))).report as ReturnType<typeof conversationOf>;
  expect(conversation.transcript).toEqual(mainOf(user('One'), assistant('1')));
  conversation.transcript = mainOf(user('One'), assistant('1'), user('Two'), assistant('2'));
  await store.save(conversation);
  expect(readdirSync(folder)).toHaveLength(1);
  expect(readFileSync(path).subarray(0, whole.length)).toEqual(whole);
  expect((await readSession(path)).transcript).toEqual(conversation.transcript);
});

test('two processes with one session: the second goes on in a session of its own', async () => {
  const folder = freshFolder();
  await storeIn(folder).save(conversationOf(mainOf(user('One'), assistant('1'))));
  const [first, second] = [storeIn(folder), storeIn(folder)];
  const load = async (store: SessionStore) => (await collect(store.load(latest, undefined, never))).report as ReturnType<typeof conversationOf>;
  const [left, right] = [await load(first), await load(second)];
  left.transcript = mainOf(user('One'), assistant('1'), user('Left'));
  right.transcript = mainOf(user('One'), assistant('1'), user('Right'));
  const ids = [await first.save(left), await second.save(right)];
  expect(new Set(ids).size).toBe(2);
  const kept = await Promise.all(ids.map(async (id) => (await requireSession(folder, id)).transcript.branches['main']!.at(-1)));
  expect(kept).toEqual([user('Left'), user('Right')]);
});

test('names: saved, listed, found, and begun anew', async () => {
  const folder = freshFolder();
  const store = storeIn(folder, { name: 'tea' });
  const conversation = conversationOf(mainOf({ role: 'system', content: 'Be.' }, user('What is\n\n  tea? '.repeat(20)), assistant('A leaf.')));
  expect(await store.save(conversation)).toBe('tea');
  expect(await store.save(conversation, 'green tea')).toBe('green tea');
  utimesSync(onlyFile(folder), 1, 1);
  store.begin();
  const id = await store.save(conversationOf(mainOf(user('Other'))));
  writeFileSync(join(folder, 'hostile.jsonl'), 'not JSON\n');
  const sessions = await listSessions(folder);
  expect(sessions.map(({ name, messages }) => [name, messages])).toEqual([
    [undefined, 1],
    ['green tea', 3],
  ]);
  expect(sessions[1]!.title).toMatch(/^What is tea\? What is tea\? .*…$/);
  expect(sessions[1]!.title.length).toBeLessThanOrEqual(60);
  expect((await findSession(folder, 'green tea'))?.header.name).toBe('green tea');
  expect((await findSession(folder, id))?.id).toBe(id);
  expect((await findSession(folder, id.slice(0, -1)))?.id).toBe(id);
  expect(await findSession(folder, '../hostile')).toBeUndefined();
  await expect(requireSession(folder, 'gren tea')).rejects.toMatchObject({ code: 'not-found', hint: 'Did you mean green tea?' });
  await expect(requireSession(freshFolder(), latest)).rejects.toMatchObject({ code: 'not-found' });
  await expect(findSession(folder, 'hostile')).rejects.toMatchObject({
    code: 'malformed',
    message: expect.stringMatching(/hostile\.jsonl, line 1: not JSON$/) as string,
  });
});

const header = JSON.stringify({ schema: sessionSchema, id: 'x', model: 'm', created: '', settings: {} });
test.each([
  ['nothing', '', 'line 1: the header is not whole'],
  ['half a header', header.slice(0, 30), 'line 1: the header is not whole'],
  ['another schema', '{"schema":"llmx.session/9"}\n', 'line 1: the schema is "llmx.session/9", not llmx.session/1'],
  ['no session', '{}\n', 'line 1: no session of llmx chat'],
  ['an id that is a path', `${header.replace('"x"', '"../x"')}\n`, 'line 1: the header is not whole'],
  ['a line that is no JSON', `${header}\n{"branch"\n`, 'line 2: not JSON'],
  ['a line that is no object', `${header}\n[1]\n`, 'line 2: not a JSON object'],
  ['a line that is no change', `${header}\n{"x":1}\n`, 'line 2: not a change of a session'],
  ['messages that are not there', `${header}\n{"branch":"main","keep":1,"append":[]}\n`, 'line 2: keeps 1 of 0 messages'],
  ['a count that is none', `${header}\n{"branch":"main","keep":1e999,"append":[]}\n`, 'line 2: keeps null of 0 messages'],
  ['a message without a role', `${header}\n{"branch":"main","append":[{"content":"x"}]}\n`, 'line 2: a message without a role'],
  [
    'deep nesting',
    `${header}\n{"branch":"main","append":[{"role":"user","content":${'['.repeat(5000)}${']'.repeat(5000)}}]}\n`,
    'nested deeper than 64 levels',
  ],
])('hostile: %s', (_, text, message) => {
  expect(() => parseSession('/s', text)).toThrow(message);
});

test('a file that is no session by its size, and one that may not be read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmx-sessions-'));
  const path = join(folder, 'big.jsonl');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 31);
  await expect(readSession(path)).rejects.toMatchObject({ code: 'malformed' });
  chmodSync(path, 0);
  if (process.getuid?.() !== 0) await expect(listSessions(folder)).resolves.toEqual([]);
});

test('kill -9 while it writes loses the last line at most', async () => {
  const folder = freshFolder();
  const url = (name: string): string => JSON.stringify(new URL(`../../../../src/core/jobs/chat/${name}.ts`, import.meta.url).href);
  const script = `
    import { createSessionWriter } from ${url('session-file')};
    const writer = createSessionWriter(${JSON.stringify(join(folder, 'k.jsonl'))}, { id: 'k', model: 'm', created: '', settings: {} });
    const messages = [];
    for (let index = 0; ; index++) {
      messages.push({ role: 'user', content: String(index).padEnd(20000, 'x') });
      await writer.save({ transcript: { branch: 'main', branches: { main: messages } }, settings: { turn: index }, model: 'm' });
      process.stdout.write(index + '\\n');
    }`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (text: Buffer) => {
    told += text.toString();
    if (told.includes('20\n')) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  const promised = told.trimEnd().split('\n').length;
  const { transcript, settings } = await readSession(join(folder, 'k.jsonl'));
  expect(transcript.branches['main']!.length).toBeGreaterThanOrEqual(promised);
  expect(settings['turn']).toBeGreaterThanOrEqual(promised - 1);
});
