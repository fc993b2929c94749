// Wrong usage: status 2, nothing on stdout, one line and the nearest match on stderr.
import { expect, test } from 'vitest';
import { llmx } from '../support/llmx.js';

const wrong: readonly (readonly [args: readonly string[], message: string, hint: string])[] = [
  [['docter'], 'llmx has no command docter', 'Did you mean llmx doctor?'],
  [['zzzzzzzzz'], 'llmx has no command zzzzzzzzz', 'See llmx --help'],
  [['--json-lines'], 'llmx has no option --json-lines', 'See llmx --help'],
  [['--jsn'], 'llmx has no option --jsn', 'Did you mean --json?'],
  [['--bogus'], 'llmx has no option --bogus', 'See llmx --help'],
  [['--bogus', 'doctor'], 'llmx has no option --bogus', 'See llmx --help'],
  [['-q'], 'no command given', 'For example llmx run "Once upon a time"; see llmx --help'],
  [['-m', 'x'], 'no command given; -m is an option of run, chat, tokenize, convert, inspect, bench', 'For example llmx run -m x'],
  [['-m', 'x', 'inspect'], '-m stands before the command', 'For example llmx inspect -m x'],
  [['--json=1', 'doctor'], '--json takes no value', 'Write --json alone'],
  [['doctor', '--json=1'], '--json takes no value', 'Write --json alone'],
  [['doctor', '--no-input=1'], '--no-input takes no value', 'Write --no-input alone'],
  [['doctor', '-q=1'], '--quiet takes no value', 'Write --quiet alone'],
  [['doctor', '--jsn'], 'llmx doctor has no option --jsn', 'Did you mean --json?'],
  [['doctor', '--zzzzzzzzz'], 'llmx doctor has no option --zzzzzzzzz', 'See llmx doctor --help'],
  [['doctor', '-Z'], 'llmx doctor has no option -Z', 'See llmx doctor --help'],
  [['doctor', 'extra', 'more'], 'too many arguments for llmx doctor: extra more', 'See llmx doctor --help'],
  [['inspect', '-m', 'a', 'b'], 'two models: a and b', 'llmx inspect takes one; --diff REF compares it with another'],
  [['doctor', '--color', 'alway'], "--color takes one of auto, always, never, not 'alway'", 'Did you mean always?'],
  [['doctor', '--log-file'], '--log-file needs a value', 'See llmx doctor --help'],
  [['tokenize', 'x', '-m'], '--model needs a value', 'See llmx tokenize --help'],
  [['run', 'x', '--top-p', '1.5'], "--top-p takes 0 to 1, not '1.5'", ''],
  [['run', 'x', '--temperature', 'hot'], "--temp takes a number, not 'hot'", ''],
  [['run', 'x', '-n', '-2'], "--n-predict takes -1 or more, not '-2'", ''],
  [['run', 'x', '-c', '8q'], "--ctx-size takes a whole number, not '8q'", ''],
  [['run', 'x', '-t', '0'], "--threads takes 1 to 256, not '0'", ''],
  [['bench', '-t', '1-8*2,257'], "--threads takes 1 to 256, not '1-8*2,257'", ''],
  [['run', 'x', '--device', 'cuda'], "--device takes one of auto, cpu, webgpu, reference, not 'cuda'", ''],
  [['run', 'x', '-ctk', 'f16', '-ctv', 'f32'], '--cache-type: f16 and f32 do not go together', 'Keys and values have one number format here'],
  [['run', 'x', '--logprobs', '2'], '--logprobs are part of the report, and text shows none', 'Add --json or --jsonl'],
  [['tokenize', 'x', '--batch', '-'], '--batch FILE and a text do not go together', 'The texts of --batch are in its FILE; - is stdin'],
  [
    ['run', 'x', '--logit-bias', 'abc'],
    "--logit-bias takes a token id, a sign and a number, not 'abc'",
    'For example --logit-bias 15043+1 or 15043-inf',
  ],
  [['completion'], '<shell> is missing', 'One of bash, zsh, fish, powershell'],
  [['completion', 'bsh'], "<shell> is one of bash, zsh, fish, powershell, not 'bsh'", 'Did you mean bash?'],
  [['config', 'set', 'thread', '3'], 'there is no setting thread', 'Did you mean threads?'],
];

test.each(wrong)('llmx %j', async (args, message, hint) => {
  const { code, stdout, stderr } = await llmx(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(`error: ${message}\n${hint === '' ? '' : `hint: ${hint}\n`}`);
});

test('a failure under --json is one document on stdout, with the text on stderr', async () => {
  for (const args of [
    ['--json', 'docter'],
    ['docter', '--json'],
    ['doctor', '--json', '--jsn'],
    ['help', 'docter', '--json'],
  ]) {
    const { code, stdout, stderr } = await llmx(args);
    const { ok, error } = JSON.parse(stdout) as { ok: boolean; error: Record<string, unknown> };
    expect({ code, ok }).toEqual({ code: 2, ok: false });
    expect(error).toMatchObject({ code: 'usage', exit: 2 });
    expect(stderr).toContain(`error: ${String(error.message)}\n`);
  }
});

test('a failure under --jsonl is the last line', async () => {
  const { code, stdout } = await llmx(['tokenize', '-m', './none.gguf', 'x', '--jsonl']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; code?: string; exit?: number });
  expect(code).toBe(4);
  expect(events[0]).toMatchObject({ type: 'start', command: 'tokenize' });
  expect(events.at(-1)).toMatchObject({ type: 'error', code: 'not-found', exit: 4 });
});

test('-vv adds the stack, -q does not hide the error', async () => {
  expect((await llmx(['help', 'docter', '-vv'])).stderr).toMatch(/^ {4}at /m);
  expect((await llmx(['help', 'docter', '-q'])).stderr).toBe('error: no help on docter\nhint: Did you mean llmx help doctor?\n');
});

test.each([
  ['tokenize', 'no text: give it as an argument or on stdin', 'llmx tokenize "Hello world"', '[text] [options]'],
  ['run', 'no prompt: give it as an argument, with -f FILE, or on stdin', 'llmx run "Once upon a time"', '[prompt...] [options]'],
])('a bare llmx %s says what is missing, with an example and the usage', async (name, message, example, usage) => {
  expect(await llmx([name])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `error: ${message}\nhint: For example ${example}\nUsage: llmx ${name} ${usage}\nllmx ${name} --help shows all options.\n`,
  });
  const { error } = JSON.parse((await llmx([name, '--json'])).stdout) as { error: { message: string; hint: string } };
  expect(error).toMatchObject({ message, hint: `For example ${example}` });
});

test.each(['run', 'tokenize'])('%s tells that a model is missing before it asks for text, or reads any', async (name) => {
  expect(await llmx([name, '-m', 'no/such/file'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/no\/such\/file.*\nhint: /) as string });
  const { code, milliseconds } = await llmx([name, '-m', 'no/such/file'], { input: 'open' });
  expect(code).toBe(4);
  expect(milliseconds).toBeLessThan(1900);
});

const folders: readonly (readonly string[])[] = [
  ['run', '-f', '/'],
  ['run', 'x', '--tokenizer', '/'],
  ['tokenize', '--batch', '/'],
  ['bench', '--compare', '/'],
  ['doctor', '--config', '/'],
  ['run', '-f', 'no.file'],
  ['run', 'x', '--tokenizer', 'no.file'],
  ['tokenize', '--batch', 'no.file'],
  ['bench', '--compare', 'no.file'],
  ['doctor', '--config', 'no.file'],
  ['run', 'x', '-o', '/'],
  ['run', 'x', '-o', 'no/folder'],
  ['doctor', '--log-file', '/'],
  ['config', 'set', 'threads', '3', '--config', '/'],
];

test.each(folders)('a path that is none: llmx %s %s %s', async (...args) => {
  const { code, stdout, stderr } = await llmx([...args, '-q']);
  expect({ code, stdout }).toEqual({ code: ['-o', '--log-file'].some((each) => args.includes(each)) ? 5 : 4, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bE[A-Z]{3,}\b|syscall|, open/);
});
