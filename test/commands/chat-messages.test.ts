// `llmx chat` and `llmx run --messages` in scripts and pipes, and the plain loop on a terminal.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bin, freshFolder, hasTerminal, llmx, shell, withoutTerminal } from '../support/llmx.js';

const folder = freshFolder();
const file = join(folder, 'messages.jsonl');
const messages = [
  { role: 'system', content: 'A story.' },
  { role: 'user', content: 'Once upon a time' },
];
writeFileSync(file, messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
const template = join(folder, 'tiny.jinja');
writeFileSync(
  template,
  '{% for m in messages %}{{ m.role }}: {{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}{{ tail }}',
);
const greedy = ['-n', '12', '--greedy', '-q'];
const escape = '\u001b';

describe('--messages', () => {
  test('chat writes one assistant message, run its text, the same for a file, stdin, and an array', async () => {
    const { code, stdout, stderr } = await llmx(['chat', '--messages', file, ...greedy]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const message = JSON.parse(stdout) as { role: string; content: string };
    expect(message).toEqual({ role: 'assistant', content: expect.stringMatching(/\w/) as string });
    const ran = await llmx(['run', '--messages', '-', ...greedy], { input: JSON.stringify(messages) });
    expect(ran.stdout).toBe(`${message.content}\n`);
    expect((await llmx(['run', 'A story.\n\nOnce upon a time', ...greedy])).stdout).toBe(`${message.content}\n`);
    expect((await llmx(['run', '--system', 'A story.', 'Once upon a time', ...greedy])).stdout).toBe(`${message.content}\n`);
  });

  test('the report, and events', async () => {
    const report = JSON.parse((await llmx(['chat', '--messages', file, ...greedy, '--json', '--chat-template', template])).stdout) as Record<
      string,
      unknown
    >;
    expect(report).toMatchObject({
      ok: true,
      schema: 'llmx.chat/1',
      template,
      finish_reason: 'length',
      completion_tokens: 12,
      reused_tokens: 0,
      reasoning: null,
    });
    expect(report['message']).toEqual({ role: 'assistant', content: report['text'] });
    const { stdout } = await llmx(['chat', '--messages', '-', ...greedy, '--jsonl'], { input: readFileSync(file, 'utf8') });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; code?: string });
    expect(events.find(({ type }) => type === 'warning')?.code).toBe('plain-chat');
    expect(events.filter(({ type }) => type === 'token')).toHaveLength(12);
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      schema: 'llmx.chat/1',
      text: report['text'] === undefined ? '' : (expect.any(String) as string),
    });
  });

  test('run with a template: the prompt is a message; variables and a system file reach it', async () => {
    const systemFile = join(folder, 'system.txt');
    writeFileSync(systemFile, 'A story.\n');
    const count = async (...more: string[]): Promise<number> =>
      (JSON.parse((await llmx(['run', ...more, '-n', '1', '--json', '-q'])).stdout) as { prompt_tokens: number }).prompt_tokens;
    const templated = await count('Once', '--chat-template', template, '-sysf', systemFile);
    expect(templated).toBe(await count('system: A story.<|end|>\nuser: Once<|end|>\nassistant:'));
    expect(await count('Once', '--chat-template', template, '--chat-template-kwargs', '{"tail": " The"}')).toBe(
      await count('user: Once<|end|>\nassistant: The'),
    );
    expect(await count('Once', '--raw')).toBe(await count('Once'));
  });

  test.each([
    [['chat', '--messages', 'none.jsonl'], 4, /none\.jsonl: no such file/],
    [['chat', '--messages', '-', '-m', 'none.gguf'], 4, /none\.gguf/],
    [['chat', '--messages', file, '--chat-template', 'chatlm'], 4, /Did you mean chatml/],
    [['chat', 'builtin:storyteller', '-m', 'x', '--messages', file], 2, /two models/],
    [['run', 'x', '--messages', file], 2, /--messages and a prompt/],
    [['chat', '--messages', file, '--continue'], 2, /--continue and --messages do not go together/],
    [['chat', '--messages', file, '-p', 'hi'], 2, /--prompt and --messages do not go together/],
    [['run', 'x', '--raw', '--chat-template', 'chatml'], 2, /do not go together/],
    [['run', 'x', '--chat-template-kwargs', '[1]'], 2, /takes a JSON object/],
    [['run', 'x', '--chat-template', template, '--ctx-size', '8'], 4, /more than the context of 8/],
    [['chat', '--messages', file, '--ctx-size', '8'], 4, /more than fit beside a reply in the context of 8/],
  ] as const)('%s is status %i', async (args, status, words) => {
    const { code, stdout, stderr } = await llmx(args, { folder });
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(words);
  });

  test('a broken template or message is one clear line', async () => {
    const broken = join(folder, 'broken.jinja');
    writeFileSync(broken, '{% for %}');
    const { code, stderr } = await llmx(['chat', '--messages', file, '--chat-template', broken, '-q']);
    expect(code).toBe(4);
    expect(stderr.split('\n')[0]).toContain(broken);
    const bad = await llmx(['chat', '--messages', '-', '--json'], { input: '{"role":"user"' });
    expect([bad.code, JSON.parse(bad.stdout)]).toMatchObject([4, { ok: false, error: { code: 'malformed', message: 'stdin, line 1: not JSON' } }]);
  });

  test('SIGINT gives what was said so far, and 130', async () => {
    const { code, stdout } = await llmx(['chat', '--messages', file, '-n', '-1', '--ignore-eos', '--jsonl', '--ctx-overflow', 'stop'], {
      started: (child) => child.stdout!.on('data', (text: string) => text.includes('"token"') && child.kill('SIGINT')),
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
      type: 'result',
      finish_reason: 'interrupted',
      message: { role: 'assistant' },
    });
  });
});

describe('without a terminal', () => {
  test.each([
    ['into a pipe', 'llmx chat | cat; exit ${PIPESTATUS[0]}'],
    ['from a file', `llmx chat < ${file}`],
    ['stdin closed', 'llmx chat <&-'],
    ['all closed but stderr', 'llmx chat <&- >&-'],
    ['--plain as well', `llmx chat --plain < ${file} | cat; exit \${PIPESTATUS[0]}`],
  ])('%s: status 2, and llmx run is named', async (_, line) => {
    const { code, stdout, stderr, milliseconds } = await shell(line, { folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/needs a terminal[^]*llmx run/);
    expect(stderr).not.toContain(escape);
    expect(milliseconds).toBeLessThan(4000);
  });

  test('a pipe that stays open is not waited for', async () => {
    const { code, stderr } = await llmx(['chat'], { input: 'open', started: (child) => setTimeout(() => child.stdin!.end(), 20_000).unref() });
    expect(code).toBe(2);
    expect(stderr).toContain('llmx run');
  });

  test('--json says so as JSON', async () => {
    const { code, stdout } = await llmx(['chat', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { ok: false, error: { code: 'usage' } }]);
  });
});

/** Types into the plain loop on a terminal of no size: each text once what it waits for was shown behind the last. */
async function onPlainTerminal(args: readonly string[], steps: readonly (readonly [awaited: string, typed: string])[], home: string) {
  const line = ['stty rows 0 cols 0;', 'exec', process.execPath, bin, ...args].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, TERM: 'dumb', LLMX_HOME: home, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let [screen, seen, step] = ['', 0, 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [awaited, typed] = steps[step] ?? [];
    if (awaited === undefined || typed === undefined || !screen.slice(seen).includes(awaited)) return;
    [seen, step] = [screen.length, step + 1];
    child.stdin.write(typed);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, screen: screen.replaceAll('\r\n', '\n') };
}

describe.runIf(hasTerminal)(`the plain loop${withoutTerminal}`, () => {
  test('replies, commands, Ctrl-D; nothing is redrawn; the session goes on', async () => {
    const home = freshFolder();
    const { code, screen } = await onPlainTerminal(
      ['chat', '--plain', '-s', '1', '-n', '8'],
      [
        ['> ', 'Once upon a time\n'],
        ['> ', '/help\n'],
        ['> ', '/what\n'],
        ['> ', 'Two lines\\\n'],
        ['... ', 'end\n'],
        ['> ', '\u0004'],
      ],
      home,
    );
    expect(code).toBe(0);
    expect(screen).not.toContain(escape);
    expect(screen).toContain('/exit /quit /bye');
    expect(screen).toContain('there is no command /what');
    const sessions = join(home, 'data', 'sessions');
    const [session] = readdirSync(sessions);
    const lines = readFileSync(join(sessions, session!), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.slice(1).map(({ append }) => (append as { content: string }[])[0]!.content)).toEqual(['Once upon a time', 'Two lines\nend']);
    expect(screen).toContain(`llmx chat --resume ${session!.replace('.jsonl', '')}`);
    const resumed = await onPlainTerminal(
      ['chat', '--plain', '--continue', '-n', '2', '--system', 'x'],
      [
        ['> ', '/show\n'],
        ['tokens)', '/new\n'],
        ['> ', '/system nobody has asked yet\n'],
        ['> ', '/exit\n'],
      ],
      home,
    );
    expect(resumed.code).toBe(0);
    expect(resumed.screen).toContain('system message set');
    expect(readdirSync(sessions)).toEqual([session]);
    expect(resumed.screen).toContain('Two lines\nend');
  });

  test('what is pasted is one message', async () => {
    const home = freshFolder();
    await onPlainTerminal(
      ['chat', '--plain', '-s', '1', '-n', '4'],
      [
        ['> ', 'one\ntwo\n\nfour\n/help\n'],
        ['/exit /quit /bye', '\u0004'],
      ],
      home,
    );
    const sessions = join(home, 'data', 'sessions');
    const lines = readFileSync(join(sessions, readdirSync(sessions)[0]!), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1);
    expect(lines.map((line) => (JSON.parse(line) as { append: { content: string }[] }).append[0]!.content)).toEqual(['one\ntwo\n\nfour']);
  });

  test('Ctrl-C stops a reply, and twice leaves with 130', async () => {
    const { code, screen } = await onPlainTerminal(
      ['chat', '--plain', '--no-save', '-n', '-1', '--ignore-eos'],
      [
        ['> ', 'Once upon a time\n'],
        ['.', '\u0003'],
        ['> ', '\u0003'],
        ['', '\u0003'],
      ],
      freshFolder(),
    );
    expect(screen).toContain('(stopped)');
    expect(code).toBe(130);
  });
});
