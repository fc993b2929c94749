// Slash commands, each as a user types it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandNames, slashCommands } from '../../../src/commands/chat/commands/index.js';
import type { JsonObject } from '../../../src/core/base/event.js';
import { keptSettings, restoredSettings } from '../../../src/commands/chat/kept-settings.js';
import type { SessionStore } from '../../../src/commands/chat/options.js';
import { settings } from '../../../src/commands/chat/settings.js';
import { longName } from '../../../src/commands/shell/flag.js';
import { samplingFlags } from '../../../src/commands/shell/flags/sampling.js';
import type { Bench, BenchOptions } from '../../support/chat-controller.js';
import { openBench } from '../../support/chat-controller.js';
import { fakeConversation, fakeOpening, fakeSettings } from '../../support/fake-conversation.js';

async function withBench(options: BenchOptions, body: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = openBench(options);
  await bench.settled();
  await body(bench);
  await bench.leave();
}
/** What a line prints. */
async function says(bench: Bench, line: string): Promise<string> {
  const before = bench.printed().length;
  await bench.say(line);
  return bench.printed().slice(before).replace(`> ${line}`, '').trim();
}

test('/help lists every command and every key; /help NAME one', () =>
  withBench({}, async (bench) => {
    const text = await says(bench, '/help');
    for (const name of commandNames) expect(text).toContain(`/${name}`);
    for (const key of ['Ctrl-C', 'Ctrl+G', 'Alt+M', 'Ctrl+R']) expect(text).toContain(key);
    expect(await says(bench, '/help set')).toContain('/set temp 0.6');
    expect(await says(bench, '/help /bye')).toContain('/exit');
    expect(await says(bench, '/help sett')).toContain('Did you mean /set?');
  }));

test('unknown commands name the nearest; a space or a second slash sends a slash', () =>
  withBench({}, async (bench) => {
    expect(await says(bench, '/hlep')).toContain('Did you mean /help?');
    bench.press('ctrl+u');
    expect(await says(bench, ' /etc/hosts?')).toContain('echo /etc/hosts?');
    expect(await says(bench, '//help')).toContain('echo /help');
    expect(bench.conversation.messages.map(({ content }) => content)).toContain('/help');
  }));

test('every sampling option of the command line can be set, shown and unset', () =>
  withBench({}, async (bench) => {
    for (const [key, flag] of Object.entries(samplingFlags)) expect([...settings.keys()]).toContain(longName(key, flag));
    expect(await says(bench, '/set temp 0.25')).toBe('temp 0.25');
    expect(await says(bench, '/set temperature')).toBe('temp 0.25');
    expect(await says(bench, '/set top_k 12')).toBe('top-k 12');
    expect(await says(bench, '/set logit-bias 15+2')).toBe('logit-bias 15+2');
    expect(await says(bench, '/set seed 7')).toBe('seed 7');
    expect(bench.conversation.settings.sampling).toMatchObject({ temperature: 0.25, topK: 12, seed: 7, topP: 0.95 });
    expect(bench.conversation.settings.sampling.logitBias).toEqual(new Map([[15, 2]]));
    expect(await says(bench, '/set greedy on')).toBe('greedy on');
    expect(bench.conversation.settings.sampling.temperature).toBe(0);
    expect(await says(bench, '/unset temp')).toBe('temp 0.8');
    expect(await says(bench, '/set n-predict 9')).toBe('n-predict 9');
    expect(await says(bench, '/set stop "a\\nb"')).toBe('stop "a\\nb"');
    expect(await says(bench, '/set ctx-overflow slide')).toBe('ctx-overflow slide');
    expect(bench.conversation.settings).toMatchObject({ maxTokens: 9, stop: ['a\nb'], contextPolicy: 'slide' });
    expect(await says(bench, '/unset stop')).toBe('stop none');
    expect(await says(bench, '/set template.name {"a":1}')).toBe('template.name {"a":1}');
    expect(bench.conversation.settings.variables).toEqual({ name: { a: 1 } });
    expect(await says(bench, '/set')).toMatch(/temp +0\.8\n[^]*template\.name/);
    expect(await says(bench, '/unset template.name')).toBe('template.name not set');
  }));

test('what a setting cannot be is said as the option says it', () =>
  withBench({}, async (bench) => {
    expect(await says(bench, '/set top-p 2')).toContain("error: top-p takes 0 to 1, not '2'");
    expect(await says(bench, '/set tmep 1')).toContain('Did you mean temp?');
    expect(await says(bench, '/set ctx-overflow drop')).toContain('one of ask, stop, slide, summarize');
    expect(await says(bench, '/set logit-bias x')).toContain('a token id');
    expect(await says(bench, '/unset')).toContain('takes the name of a setting');
    expect(bench.conversation.settings.sampling.topP).toBe(0.95);
  }));

test('/show, /system, /think, /stats, /raw, /theme', () =>
  withBench({}, async (bench) => {
    expect(await says(bench, '/show')).toMatch(/architecture +llama\nformat +gguf, Q4_K, 1\.1 GB/);
    expect(await says(bench, '/show nothing')).toContain('/show knows info');
    expect(await says(bench, '/show toString')).toContain('/show knows info');
    expect(await says(bench, '/stats')).toBe('no reply yet');
    expect(await says(bench, '/system Be brief.')).toBe('system: Be brief.');
    expect(await says(bench, '/show system')).toBe('Be brief.');
    await bench.say('hello');
    expect(await says(bench, '/show template')).toBe('<system>Be brief.\n<user>hello\n<assistant>echo hello');
    expect(await says(bench, '/show tokens')).toMatch(/^\d+ tokens in the conversation/);
    expect(await says(bench, '/stats')).toMatch(/first token[^]*reply +\d+ tokens[^]*all replies +1:/);
    expect(await says(bench, '/system off')).toBe('no system message');
    expect(await says(bench, '/think off')).toContain('not to think');
    expect(bench.conversation.settings.variables).toEqual({ enable_thinking: false });
    expect(await says(bench, '/think maybe')).toContain('/think takes on, off, fold, show');
    expect(await says(bench, '/raw')).toContain('echo hello');
    expect(await says(bench, '/theme light')).toBe('theme light');
    expect(await says(bench, '/theme lihgt')).toContain('Did you mean light?');
  }));

test('/continue goes on with the last reply', () =>
  withBench({}, async (bench) => {
    expect(await says(bench, '/continue')).toContain('no reply to go on with');
    await bench.say('one');
    expect(await says(bench, '/continue')).toBe('echo one');
  }));

test('/retry, /undo, /edit, /branch, /clear and /new change the conversation', () =>
  withBench({}, async (bench) => {
    expect(await says(bench, '/retry')).toContain('no reply to write again');
    expect(await says(bench, '/undo')).toContain('no message to take back');
    await bench.say('one');
    await bench.say('two');
    expect(await says(bench, '/retry')).toBe('echo two');
    expect(bench.conversation.messages).toHaveLength(4);
    await bench.say('/edit 1');
    expect(bench.store.get().editor.text).toBe('one');
    bench.press('ctrl+u');
    expect(await says(bench, 'uno')).toContain('echo uno');
    expect(bench.conversation.messages.map(({ content }) => content)).toEqual(['uno', 'echo uno\n']);
    expect(await says(bench, '/edit 9')).toContain('there is no message 9');
    expect(await says(bench, '/branch side')).toBe('branches: main [side]');
    await bench.say('on the side');
    expect(bench.frame()).toContain('branch side');
    expect(await says(bench, '/branch main')).toContain('branches: [main] side\n\n> uno\n\necho uno');
    await bench.say('/undo');
    expect(bench.store.get().editor.text).toBe('uno');
    bench.press('ctrl+c');
    await bench.say('again');
    await bench.say('/clear');
    expect(bench.conversation.messages).toEqual([]);
    expect(await says(bench, '/new')).toBe('a new conversation');
  }));

test('Esc leaves a message that was to be changed as it is', () =>
  withBench({}, async (bench) => {
    await bench.say('one');
    await bench.say('/edit');
    bench.press('escape');
    expect(bench.store.get()).toMatchObject({ editing: undefined, editor: { text: '' } });
    await bench.say('two');
    expect(bench.conversation.messages).toHaveLength(4);
  }));

test('/copy takes a reply or its code; where the terminal takes none, a file', async () => {
  const answer = (): string => 'Look:\n\n```js\nlet a;\n```\n';
  await withBench({ fake: { answer } }, async (bench) => {
    expect(await says(bench, '/copy')).toContain('no reply to copy');
    await bench.say('code');
    await bench.say('/copy');
    await bench.say('/copy code');
    expect(bench.copied).toEqual([answer(), 'let a;']);
    expect(await says(bench, '/copy 2')).toContain('there is no reply 2');
  });
  await withBench({ fake: { answer }, copies: false }, async (bench) => {
    await bench.say('code');
    expect(await says(bench, '/copy')).toContain('copied.txt');
    const path = join(bench.folder, 'copied.txt');
    expect(readFileSync(path, 'utf8')).toBe(answer());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

test('/export writes Markdown and JSON, and nothing over what is there', () =>
  withBench({}, async (bench) => {
    await bench.say('hello');
    await bench.say('/export md talk.md');
    expect(readFileSync(join(bench.folder, 'talk.md'), 'utf8')).toBe('## user\n\nhello\n\n## assistant\n\necho hello\n');
    await bench.say('/export json talk.json');
    expect(JSON.parse(readFileSync(join(bench.folder, 'talk.json'), 'utf8'))).toMatchObject({ messages: [{ role: 'user', content: 'hello' }, {}] });
    expect(await says(bench, '/export md talk.md')).toContain('is there already');
    expect(await says(bench, '/export pdf x')).toContain('md or json');
    expect(await says(bench, '/export md talk.md/x')).toContain('error:');
  }));

test('/read puts a text into the draft, folded when it is long', () =>
  withBench({}, async (bench) => {
    writeFileSync(join(bench.folder, 'notes.txt'), 'line\n'.repeat(50));
    writeFileSync(join(bench.folder, 'bytes.bin'), Buffer.from([0xff, 0xfe, 0x00]));
    mkdirSync(join(bench.folder, 'notes.d'));
    await bench.say('/read notes.txt');
    expect(bench.frame()).toContain('[pasted 50 lines]');
    bench.press('enter');
    await bench.settled(() => bench.conversation.messages.length === 2);
    expect(bench.conversation.messages[0]!.content).toBe('line\n'.repeat(50).trimEnd());
    expect(await says(bench, '/read bytes.bin')).toContain('no text in UTF-8');
    expect(await says(bench, '/read absent.txt')).toContain('absent.txt');
    expect(await says(bench, '/read notes.d')).toContain('error:');
    expect(await says(bench, '/read')).toContain('/read takes a file');
  }));

const clipboardOf = (folder: string, program: string, script: string): Readonly<Record<string, string>> => {
  writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${folder}:/usr/bin:/bin`, DISPLAY: ':9' };
};

test.skipIf(process.platform !== 'linux')(
  '/paste puts the clipboard into the draft, or says which programs it has asked (skipped but on Linux)',
  async () => {
    const programs = mkdtempSync(join(tmpdir(), 'llmx-clipboard-'));
    const environment = clipboardOf(programs, 'xclip', 'test "$*" = "-selection clipboard -out" && printf "one\\ntwo\\033[2J"');
    await withBench({ environment }, async (bench) => {
      await bench.say('/paste');
      await bench.settled(() => bench.store.get().editor.text !== '');
      expect(bench.store.get().editor.text).toBe('one\ntwo[2J');
    });
    await withBench({ environment: clipboardOf(programs, 'xclip', 'exit 1') }, async (bench) => {
      const told = await says(bench, '/paste');
      await bench.settled(() => bench.printed().includes('no text'));
      expect(told + bench.printed()).toMatch(/no text in a clipboard: xclip gives none, xsel (is not installed|gives none)/);
    });
    await withBench({ environment: { PATH: '/usr/bin:/bin' } }, async (bench) => {
      await bench.say('/paste');
      await bench.settled(() => bench.printed().includes('no clipboard can be reached'));
    });
  },
);

test('what a session keeps of the settings comes back; options win; what is no value is told', () =>
  withBench({}, async (bench) => {
    for (const line of ['temp 0.25', 'top-k 7', 'logit-bias 15+2', 'stop "a\\nb"', 'ctx-overflow slide', 'n-predict 9', 'template.thinking false'])
      await bench.say(`/set ${line}`);
    const { settings: before } = bench.conversation;
    const kept = JSON.parse(JSON.stringify(keptSettings(before))) as JsonObject;
    expect(kept).toMatchObject({ temp: 0.25, 'top-k': 7, stop: ['a\nb'], 'ctx-overflow': 'slide', 'n-predict': 9, 'template.thinking': false });
    const { settings: after, problems } = restoredSettings(fakeSettings, kept, () => false);
    expect(problems).toEqual([]);
    expect(after).toEqual({ ...before, sampling: { ...before.sampling, seed: fakeSettings.sampling.seed } });
    expect(restoredSettings(fakeSettings, kept, (option) => option === 'topK').settings.sampling).toMatchObject({ topK: 40, temperature: 0.25 });
    const hostile = restoredSettings(
      fakeSettings,
      { temp: 'hot', 'top-k': -3, 'ctx-overflow': {}, unheard: 1, 'template.__proto__': 1, stop: ['x'] },
      () => false,
    );
    expect(hostile.problems.length).toBe(4);
    expect(hostile.settings).toEqual({ ...fakeSettings, stop: ['x'] });
  }));

test('a refused /edit or /retry leaves all as it was, the text back in the editor', () =>
  withBench({}, async (bench) => {
    for (const line of ['one', 'two', 'three']) await bench.say(line);
    const before = bench.conversation.messages.map(({ content }) => content);
    await bench.say('/edit 1');
    bench.press('ctrl+u');
    await bench.say('FAIL now');
    expect(bench.conversation.messages.map(({ content }) => content)).toEqual(before);
    expect([bench.store.get().editor.text, bench.store.get().editing]).toEqual(['FAIL now', 1]);
    bench.press('escape', 'ctrl+u');
    await bench.say('FAIL'); // refused: nothing was said
    bench.press('ctrl+u');
    bench.conversation.edit(3, 'FAIL');
    const asked = bench.conversation.messages.length;
    await bench.say('/retry');
    expect(bench.conversation.messages.length).toBe(asked);
  }));

test('/retry that is stopped before its first word leaves the reply of before', () => {
  let isStuck = false;
  const gate = () => (isStuck ? new Promise<void>(() => {}) : undefined);
  return withBench({ fake: { gate } }, async (bench) => {
    await bench.say('one');
    const before = bench.conversation.messages.map(({ content }) => content);
    isStuck = true;
    bench.type('/retry');
    bench.press('enter');
    await bench.settled(() => bench.conversation.log.length === 2 && bench.store.get().phase.name !== 'idle');
    bench.press('escape');
    await bench.settled();
    expect(bench.conversation.messages.map(({ content }) => content)).toEqual(before);
    expect(bench.printed()).toContain('nothing was written: the reply of before stays');
  });
});

test('a draft that changes a message is a draft like others in another conversation', () =>
  withBench({}, async (bench) => {
    for (const line of ['one', 'two']) await bench.say(line);
    for (const command of ['/branch other', '/clear']) {
      await bench.say('one more');
      await bench.say('/edit 1');
      expect(bench.store.get().editing).toBe(1);
      bench.press('ctrl+u');
      await bench.say(command);
      expect(bench.store.get().editing).toBeUndefined();
    }
  }));

test('what was changed without a turn is saved on leaving, and an empty conversation makes no session', async () => {
  const log: number[] = [];
  const sessions = {
    save: async (conversation: { readonly messages: readonly unknown[] }) => (log.push(conversation.messages.length), 'id-1'),
    list: async () => [],
    begin() {},
  } as unknown as SessionStore;
  const messages = [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
  ];
  await withBench({ sessions, showsPast: true, fake: { messages } }, (bench) => bench.say('/undo'));
  expect(log).toEqual([0]);
  log.length = 0;
  await withBench({ sessions }, (bench) => bench.say('/set temp 0.5'));
  expect(log).toEqual([]);
});

test('/new leaves no branch of before behind', () =>
  withBench({}, async (bench) => {
    bench.conversation.setSystem('be brief');
    await bench.say('SECRET');
    await bench.say('/branch b');
    await bench.say('/new');
    expect(bench.conversation.branches).toEqual(['main']);
    expect(bench.conversation.messages).toEqual([{ role: 'system', content: 'be brief' }]);
  }));

test('sessions: /save, /sessions, /load, and what is said without them', async () => {
  const log: string[] = [];
  const other = fakeConversation({ answer: () => 'hi', reference: 'other', messages: [{ role: 'user', content: 'from before' }] });
  const sessions: SessionStore = {
    save: async (conversation, name) => {
      log.push(`save ${name ?? '-'} ${conversation.messages.length}`);
      return name ?? 'id-1';
    },
    list: async () => [{ id: 'id-1', name: 'talk', title: 'from\nbefore', messages: 1, updated: '2026-01-02T03:04:05Z' }],
    load: (id) => {
      log.push(`load ${id}`);
      return fakeOpening(other);
    },
    begin: () => void log.push('begin'),
  };
  await withBench({ sessions }, async (bench) => {
    await bench.say('hello');
    expect(await says(bench, '/save talk')).toContain('saved; /load talk');
    expect(await says(bench, '/sessions')).toBe('talk  2026-01-02 03:04  1 message  from before');
    expect(await says(bench, '/new')).toContain('/load id-1 goes back');
    expect(await says(bench, '/load talk')).toBe('> from before');
    expect(bench.frame()).toContain('other');
    expect(log).toEqual(['save - 2', 'save talk 2', 'save - 2', 'begin', 'load talk']);
    expect(bench.conversation.log).toContain('disposed');
  });
  await withBench({}, async (bench) => {
    for (const line of ['/save', '/sessions', '/load x']) expect(await says(bench, line)).toContain('sessions are not kept');
  });
});

test('/model goes on with another model, its messages and settings; a wrong one changes nothing', async () => {
  const asked: unknown[] = [];
  const first = fakeConversation({ answer: () => 'first' });
  await withBench(
    {
      open: (_signal, request) => {
        asked.push(request.reference);
        if (request.reference === 'broken') throw new Error('no such model');
        return fakeOpening(
          request.reference === undefined ? first : fakeConversation({ answer: () => 'second', reference: 'b', messages: request.messages ?? [] }),
        );
      },
    },
    async (bench) => {
      await bench.say('hello');
      await bench.say('/set temp 0.1');
      expect(await says(bench, '/model b')).toBe('going on with b');
      expect(await says(bench, 'again')).toBe('> again\n\nsecond'.slice('> again\n\n'.length));
      expect(await says(bench, '/set temp')).toBe('temp 0.1');
      expect(await says(bench, '/model broken')).toContain('no such model');
      expect(await says(bench, '/model')).toContain('b (');
      expect(asked).toEqual([undefined, 'b', 'broken']);
      expect(first.log.at(-1)).toBe('disposed');
    },
  );
});

test('while the model loads or writes, only what may be done anytime is done', async () => {
  const bench = openBench({ loadMilliseconds: 300 });
  bench.type('/clear');
  bench.press('enter');
  expect(bench.frame()).toContain('Wait for the model');
  expect(bench.store.get().editor.text).toBe('/clear');
  bench.press('ctrl+u');
  bench.type('/help');
  bench.press('enter');
  expect(bench.printed()).toContain('/exit');
  bench.type('/copy');
  bench.press('enter');
  expect(bench.printed()).toContain('the model is still loading');
  await bench.settled();
  await bench.leave();
});

test.each(['/exit', '/quit', '/bye'])('%s leaves', async (line) => {
  const bench = openBench();
  await bench.settled();
  bench.type(line);
  bench.press('enter');
  expect(await bench.ended).toEqual({ exit: 0, turns: 0 });
});

test('Tab completes commands, settings, values and paths', () =>
  withBench({}, async (bench) => {
    const tab = async (text: string): Promise<string> => {
      bench.press('ctrl+u');
      bench.type(text);
      bench.press('tab');
      await bench.settled(() => bench.store.get().editor.text !== text || bench.store.get().menu.length > 0).catch(() => {});
      return bench.store.get().editor.text;
    };
    mkdirSync(join(bench.folder, 'folder'));
    writeFileSync(join(bench.folder, 'folder', 'file.txt'), 'x');
    expect(await tab('/he')).toBe('/help ');
    expect(await tab('/re')).toBe('/re');
    expect(bench.frame()).toContain('/retry  /read');
    expect(await tab('/set gr')).toBe('/set greedy ');
    expect(await tab('/set ctx-overflow su')).toBe('/set ctx-overflow summarize ');
    expect(await tab('/theme li')).toBe('/theme light ');
    expect(await tab('/read fo')).toBe('/read folder/');
    expect(await tab('/read folder/f')).toBe('/read folder/file.txt ');
    bench.press('ctrl+u');
    expect(existsSync(join(bench.folder, 'folder', 'file.txt'))).toBe(true);
  }));

test('each row says what it does, in one sentence without an end', () => {
  for (const [name, { summary }] of Object.entries(slashCommands)) {
    expect(summary, name).toMatch(/^[A-Z].*[^.]$/);
    expect(summary.length, name).toBeLessThan(80);
  }
});
