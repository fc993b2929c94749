// Completion scripts: each shell that is here parses its own, and bash completes commands, options and choices.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/commands/index.js';
import { freshFolder, llmx, shell } from '../support/llmx.js';

const parsers = { bash: ['bash', '-n'], zsh: ['zsh', '-n'], fish: ['fish', '--no-execute'] } as const;

for (const [name, [program, ...args]] of Object.entries(parsers)) {
  test.skipIf(spawnSync(program, ['--version']).error !== undefined)(`${name} parses its script (skipped without ${program})`, async () => {
    const { code, stdout } = await llmx(['completion', name]);
    expect(code).toBe(0);
    const script = join(freshFolder(), `llmx.${name}`);
    writeFileSync(script, stdout);
    const { status, stderr } = spawnSync(program, [...args, script], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
}

test('the PowerShell script names every command and closes what it opens', async () => {
  const { stdout } = await llmx(['completion', 'powershell']);
  for (const name of Object.keys(commands)) expect(stdout).toContain(`'${name}' = @{`);
  for (const [open, close] of ['{}', '()']) expect(stdout.split(open!).length).toBe(stdout.split(close!).length);
});

/** What bash offers for the last word of a line. */
async function complete(...words: readonly string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(' ');
  const { stdout } = await shell(
    `eval "$(llmx completion bash)"; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _llmx; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes', async () => {
  expect(await complete('llmx', 'doc')).toEqual(['doctor']);
  expect(await complete('llmx', '')).toEqual(Object.keys(commands));
  expect(await complete('llmx', 'run', '--temp')).toEqual(['--temp', '--temperature']);
  expect(await complete('llmx', 'run', '-m', 'x', '--color', 'a')).toEqual(['auto', 'always']);
  expect(await complete('llmx', 'completion', 'f')).toEqual(['fish']);
  expect(await complete('llmx', 'help', 'exit')).toEqual(['exit-codes']);
});
