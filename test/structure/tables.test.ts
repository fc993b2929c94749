// Kinds are tables: each member one file, each file a row of the index beside it; keys are quoted nowhere else.
import { expect, test } from 'vitest';
import { checkpointFormats } from '../../src/core/checkpoints/index.js';
import { families } from '../../src/core/families/index.js';
import { numberFormats } from '../../src/core/numbers/index.js';
import { sources, withoutComments } from './sources.js';

interface TableRoom {
  readonly folder: string;
  /** Files beside the members: the type and what they share. */
  readonly shared: readonly string[];
}

/** Rooms whose every file is a row, but for those named. */
const tableRooms: readonly TableRoom[] = [
  { folder: 'core/numbers', shared: ['number-format'] },
  { folder: 'core/ops', shared: ['op', 'rule', 'map-operations'] },
  { folder: 'core/graph/fusions', shared: ['fusion'] },
  { folder: 'core/checkpoints/onnx/operators', shared: ['operator', 'last-mean'] },
  { folder: 'core/generate/samplers', shared: ['sampler', 'sorted'] },
  { folder: 'commands/chat/commands', shared: ['command'] },
  { folder: 'commands/chat/themes', shared: ['theme', 'background'] },
  { folder: 'commands/checks', shared: ['check'] },
  { folder: 'commands/topics', shared: ['topic'] },
  { folder: 'commands/shell/completion', shared: ['model'] },
  { folder: 'commands/shell/render', shared: ['renderer', 'log'] },
];

for (const { folder, shared } of tableRooms) {
  test(`every file of ${folder} is a row of its index`, () => {
    const index = sources.find(({ name }) => name === `${folder}/index.ts`);
    if (index === undefined) throw new Error(`${folder}/index.ts is missing`);
    const members = sources
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${folder}/`) && !name.slice(folder.length + 1).includes('/') && name !== index.name);
    const missing = members.filter((name) => !shared.includes(stem(name)) && !index.imports.includes(name));
    expect(missing).toEqual([]);
  });
}

test('every command file is a row of the command table', () => {
  const index = sources.find(({ name }) => name === 'commands/index.ts')!;
  const members = sources.map(({ name }) => name).filter((name) => /^commands\/[^/]+\.ts$/.test(name) && !['index', 'main'].includes(stem(name)));
  expect(members.filter((name) => !index.imports.includes(name))).toEqual([]);
});

interface KeyTable {
  readonly folder: string;
  readonly keys: readonly string[];
  /** Files where the words mean something else, or may stand. All words unless they are named. */
  readonly exceptions?: readonly { readonly files: RegExp; readonly words?: readonly string[]; readonly why: string }[];
}

/** Tables whose keys shared code must not ask for by name: a row carries the answer instead. */
const keyTables: readonly KeyTable[] = [
  {
    folder: 'core/families',
    keys: Object.keys(families),
    exceptions: [{ files: /^core\/checkpoints\/gguf-tokenizer/, words: ['llama', 'gpt2'], why: 'values of tokenizer.ggml.model' }],
  },
  {
    folder: 'core/checkpoints',
    keys: Object.keys(checkpointFormats),
    exceptions: [{ files: /^core\/families\/|^core\/jobs\/convert\/contents/, words: ['gguf', 'llama2c'], why: 'dialects' }],
  },
  // Plain floats and integers are types of values as well; formats of blocks are for their own files.
  {
    folder: 'core/numbers',
    keys: Object.entries(numberFormats).flatMap(([key, { blockLength }]) => (blockLength > 1 ? [key] : [])),
    exceptions: [{ files: /^core\/ops\//, why: 'cases of an op name the formats that they try' }],
  },
];

test.each(keyTables)('keys of $folder are quoted nowhere else', ({ folder, keys, exceptions = [] }) => {
  expect(keys.length).toBeGreaterThan(0);
  const quoted = new RegExp(`(['"\`])(${keys.join('|')})\\1`, 'g');
  const wrong = sources
    .filter(({ name }) => !name.startsWith(`${folder}/`) && !/\/(?:recipes|fusions)\//.test(name))
    .flatMap(({ name, text }) => [...withoutComments(text).matchAll(quoted)].map((match) => ({ name, word: match[2]! })))
    .filter(({ name, word }) => !exceptions.some(({ files, words }) => files.test(name) && (words?.includes(word) ?? true)));
  expect(wrong).toEqual([]);
});

const stem = (name: string): string => name.split('/').at(-1)!.replace(/\.ts$/, '');
