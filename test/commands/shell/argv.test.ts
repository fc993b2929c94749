// The argument list in one spelling.
import { expect, test } from 'vitest';
import { firstPositional, normalizeArgv, spellingsOf } from '../../../src/commands/shell/argv.js';
import type { FlagTable } from '../../../src/commands/shell/flag.js';

const flags = {
  model: { kind: 'string', short: 'm', help: '' },
  predict: { kind: 'integer', short: 'n', long: 'n-predict', aliases: ['max-new-tokens'], help: '' },
  gpuLayers: { kind: 'integer', single: ['ngl'], help: '' },
  system: { kind: 'string', single: ['sys'], help: '' },
  tensors: { kind: 'string', bare: '.*', help: '' },
  quiet: { kind: 'boolean', short: 'q', help: '' },
  verbose: { kind: 'count', short: 'v', help: '' },
  stdin: { kind: 'boolean', default: true, help: '' },
} as const satisfies FlagTable;

const rows: readonly (readonly [string, string])[] = [
  ['-m a.gguf -n -1', '--model=a.gguf --n-predict=-1'],
  ['--max-new-tokens 5 --model=x=y', '--n-predict=5 --model=x=y'],
  ['-ngl 99 -sys -sys', '--gpu-layers=99 --system=-sys'],
  ['-qv -vv', '--quiet --verbose --verbose --verbose'],
  ['-qn 5 -n6 -n=7', '--quiet --n-predict=5 --n-predict=6 --n-predict=7'],
  ['-model x -stdin', '--model=x --stdin'],
  ['--no-stdin text', '--no-stdin text'],
  ['--tensors', '--tensors=.*'],
  ['--tensors --quiet', '--tensors=.* --quiet'],
  ['--tensors attn', '--tensors=attn'],
  ['-m', '--model'],
  ['a -- -m b', 'a -- -m b'],
  ['- -5 --unknown x', '- -5 --unknown x'],
  ['-m -- x', '--model=-- x'],
];

test.each(rows)('%s', (given, wanted) => {
  expect(normalizeArgv(given.split(' '), spellingsOf(flags)).join(' ')).toBe(wanted);
});

test.each([
  ['run -q', 0],
  ['-q run', 1],
  ['--model run chat', 2],
  ['--model=x run', 1],
  ['-qm x run', 2],
  ['-q', -1],
  ['-- run', -1],
] as const)('first positional of %s', (given, wanted) => {
  expect(firstPositional(given.split(' '), spellingsOf(flags))).toBe(wanted);
});
