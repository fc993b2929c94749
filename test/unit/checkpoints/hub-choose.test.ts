// Which files of a repository a reference means.
import { expect, test } from 'vitest';
import { chooseFiles } from '../../../src/core/checkpoints/hub/choose.js';

const chosen = (names: readonly string[], file?: string, include: readonly string[] = [], exclude: readonly string[] = []): readonly string[] =>
  chooseFiles(
    names.map((name) => ({ name, size: 1, digest: { kind: 'sha256', hex: '' } })),
    { include, exclude, ...(file === undefined ? {} : { file }) },
  ).map(({ name }) => name);

const folder = [
  'README.md',
  'config.json',
  'model.safetensors',
  'onnx/config.json',
  'onnx/model.onnx',
  'onnx/model.onnx_data',
  'pytorch_model.bin',
  'tokenizer.json',
];

test.each<[string, readonly string[], string | undefined, readonly string[]]>([
  ['a folder without the same weights twice', folder, undefined, ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json']],
  ['a file that needs a config, first', folder, 'model.safetensors', ['model.safetensors', 'config.json', 'tokenizer.json']],
  [
    'a file in a folder of its own, with its values',
    folder,
    'onnx/model.onnx',
    ['onnx/model.onnx', 'config.json', 'onnx/config.json', 'onnx/model.onnx_data', 'tokenizer.json'],
  ],
  ['a pickle by name', folder, 'pytorch_model.bin', ['pytorch_model.bin', 'config.json', 'tokenizer.json']],
  ['a llama2.c file and its tokenizer', ['stories15M.bin', 'stories42M.bin', 'tokenizer.bin'], 'stories15M.bin', ['stories15M.bin', 'tokenizer.bin']],
  ['a small file alone', folder, 'config.json', ['config.json']],
  ['a GGUF alone', ['config.json', 'm.Q4_K_M.gguf', 'm.Q8_0.gguf'], 'q8_0', ['m.Q8_0.gguf']],
  [
    'the parts of a split one',
    ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf', 'x.gguf'],
    'm-00001-of-00002.gguf',
    ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'],
  ],
  ['the usual type of GGUF files', ['a.Q2_K.gguf', 'a.Q4_K_M.gguf', 'mmproj-a.gguf'], undefined, ['a.Q4_K_M.gguf']],
  ['what is not there', folder, 'q8_0', []],
])('%s', (_, names, file, expected) => {
  expect(chosen(names, file)).toEqual(expected);
});

test('--include and --exclude say it themselves; pickles come by name alone', () => {
  expect(chosen(folder, undefined, ['*.json'])).toEqual(['config.json', 'onnx/config.json', 'tokenizer.json']);
  expect(chosen(folder, undefined, ['*'])).not.toContain('pytorch_model.bin');
  expect(chosen(folder, undefined, ['*.bin'])).toEqual(['pytorch_model.bin']);
  expect(chosen(folder, 'model.safetensors', [], ['tokenizer*'])).toEqual(['model.safetensors', 'config.json']);
});
