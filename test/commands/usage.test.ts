// Wrong usage: status 2, nothing on stdout, one line and the nearest match on stderr.
import { expect, test } from 'vitest';
import { llmx } from '../support/llmx.js';

const wrong: readonly (readonly [args: readonly string[], message: string, hint: string])[] = [
  [['docter'], 'llmx has no command docter', 'Did you mean llmx doctor?'],
  [['zzzzzzzzz'], 'llmx has no command zzzzzzzzz', 'See llmx --help'],
  [['--json-lines'], 'no command given', 'See llmx --help'],
  [['doctor', '--jsn'], 'llmx doctor has no option --jsn', 'Did you mean --json?'],
  [['doctor', '--zzzzzzzzz'], 'llmx doctor has no option --zzzzzzzzz', 'See llmx doctor --help'],
  [['doctor', '-Z'], 'llmx doctor has no option -Z', 'See llmx doctor --help'],
  [['doctor', 'extra'], 'too many arguments for llmx doctor', 'See llmx doctor --help'],
  [['doctor', '--color', 'alway'], "--color takes one of auto, always, never, not 'alway'", 'Did you mean always?'],
  [['doctor', '--log-file'], '--log-file needs a value', 'See llmx doctor --help'],
  [['tokenize', 'x', '-m'], '--model needs a value', 'See llmx tokenize --help'],
  [['run', 'x', '--top-p', '1.5'], "--top-p takes 0 to 1, not '1.5'", ''],
  [['run', 'x', '--temperature', 'hot'], "--temp takes a number, not 'hot'", ''],
  [['run', 'x', '-n', '-2'], "--n-predict takes -1 or more, not '-2'", ''],
  [['run', 'x', '-c', '8q'], "--ctx-size takes a whole number, not '8q'", ''],
  [['run', 'x', '-t', '0'], "--threads takes 1 to 1024, not '0'", ''],
  [
    ['run', 'x', '--logit-bias', 'abc'],
    "--logit-bias takes a token id, a sign and a number, not 'abc'",
    'For example --logit-bias 15043+1 or 15043-inf',
  ],
  [['completion'], '<shell> is missing', 'See llmx completion --help'],
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

test('a call that would wait for a terminal shows its help', async () => {
  const { code, stdout, stderr } = await llmx(['tokenize']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: llmx tokenize');
  expect(stderr).toContain('error: no text');
});
