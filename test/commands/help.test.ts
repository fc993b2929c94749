// Help and version: on stdout, status 0, examples first, the same for -h and --help.
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/index.js';
import { hasTerminal, withoutTerminal, llmx, onTerminal } from '../support/llmx.js';

test('llmx --help lists every command with its summary', async () => {
  const { code, stdout, stderr } = await llmx(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const [name, { summary }] of Object.entries(commands))
    expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'));
  expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Usage:'));
  expect((await llmx(['-h'])).stdout).toBe(stdout);
  expect((await llmx(['help'])).stdout).toBe(stdout);
  expect((await llmx([])).stdout).toBe(stdout);
  expect((await llmx(['-q', '--help'])).stdout).toBe(stdout);
});

test('--version prints the version alone', async () => {
  expect(await llmx(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: '' });
  expect((await llmx(['-V'])).stdout).toBe((await llmx(['doctor', '-V'])).stdout);
});

describe.each(Object.keys(commands))('llmx %s', (name) => {
  test('-h, --help and llmx help agree; examples come first, exit statuses last', async () => {
    const { code, stdout, stderr } = await llmx([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const places = ['Examples:', `Usage: llmx ${name}`, 'Global options:', 'Exit statuses:'].map((text) => stdout.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect((await llmx([name, '-h'])).stdout).toBe(stdout);
    expect((await llmx(['help', name])).stdout).toBe(stdout);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });
});

test('--help --json is the command as data', async () => {
  interface Data {
    readonly schema: string;
    readonly command: { readonly name: string; readonly options: readonly { readonly name: string; readonly choices?: readonly string[] }[] };
  }
  const { code, stdout, stderr } = await llmx(['run', '--help', '--json']);
  const { schema, command } = JSON.parse(stdout) as Data;
  expect({ code, stderr, schema, name: command.name }).toEqual({ code: 0, stderr: '', schema: 'llmx.help/1', name: 'run' });
  expect(command.options.find(({ name }) => name === '--device')!.choices).toEqual(['auto', 'cpu', 'webgpu', 'reference']);
  expect((await llmx(['help', 'run', '--json'])).stdout).toBe(stdout);
  expect(JSON.parse((await llmx(['help', '--help', '--json'])).stdout)).toMatchObject({ command: { name: 'help' } });
  const { commands: rows } = JSON.parse((await llmx(['--help', '--json'])).stdout) as { commands: readonly { readonly name: string }[] };
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(commands));
});

test.each(['refs', 'exit-codes', 'json', 'env'])('llmx help %s', async (topic) => {
  const { code, stdout, stderr } = await llmx(['help', topic]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.length).toBeGreaterThan(200);
});

test('a topic that is none', async () => {
  expect(await llmx(['help', 'exitcodes'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'error: no help on exitcodes\nhint: Did you mean llmx help exit-codes?\n',
  });
});

test.skipIf(!hasTerminal).each([20, 40, 80])(`help on a terminal of %i columns${withoutTerminal}`, async (columns) => {
  for (const args of [['--help'], ['run', '--help'], ['help', 'bench']]) {
    const { code, screen } = await onTerminal(args, columns);
    expect(code).toBe(0);
    const words = screen
      .split('\n')
      .filter((line) => line.length > columns)
      .map((line) => line.trim())
      // Examples are not folded, and words are not cut.
      .filter((line) => line.includes(' ') && !/^(?:llmx|git) /.test(line));
    expect({ args, words }).toEqual({ args, words: [] });
  }
});
