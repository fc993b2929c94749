// Which format an output gets, and which type a tensor.
import { expect, test } from 'vitest';
import { chooseOutputs } from '../../../../src/core/jobs/convert/outputs.js';
import { chooseFormat, parseTypeRule, type TypeChoice } from '../../../../src/core/jobs/convert/formats.js';
import { writerOf } from '../../../../src/core/jobs/convert/plan.js';
import type { Transfer } from '../../../../src/core/families/transfer.js';
import type { NumberFormatKey } from '../../../../src/core/numbers/index.js';

test.each([
  [['a.gguf'], [], ['gguf']],
  [['a.GGUF', 'b/'], [], ['gguf', 'safetensors']],
  [['plain'], [], ['gguf']],
  [
    ['x', 'y'],
    ['safetensors', 'gguf'],
    ['safetensors', 'gguf'],
  ],
  [['x', 'y/'], ['mlx'], ['mlx', 'mlx']],
  [['a.pt', 'b.PTH', 'c.safetensors', 'd.onnx', 'e.bin'], [], ['pytorch', 'pytorch', 'safetensors', 'onnx', 'llama2c']],
  [['a.bin', 'a.pt'], ['pytorch'], ['pytorch', 'pytorch']],
  [['a.xyz'], ['gguf'], ['gguf']],
  [['llama-3.2-1b', 'v1.5'], [], ['gguf', 'gguf']],
])('%j with --to %j', (paths, to, formats) => {
  expect(chooseOutputs(paths, to, 'auto').map(({ format }) => format)).toEqual(formats);
});

test('{ftype} is the type', () => expect(chooseOutputs(['m-{ftype}.gguf'], [], 'Q8_0')[0]!.path).toBe('m-q8_0.gguf'));

test.each([
  [[], [], /no output/],
  [['a', 'b', 'c'], ['gguf', 'mlx'], /2 formats for 3 outputs/],
  [['a'], ['ggfu'], /no such format/],
  [['a.gguf', 'a.gguf'], [], /two outputs with one name/],
  [['a.gguf', './b/../a.gguf'], [], /two outputs with one name/],
  [['x/', './x'], ['safetensors', 'pytorch'], /two outputs with one name/],
  [[''], [], /empty output/],
  [['-'], [], /not written to stdout/],
  [['a.xyz'], [], /a\.xyz: no format has the suffix \.xyz/],
  [['a.gguf'], ['pytorch'], /a\.gguf is the name of a gguf file, and --to says pytorch/],
  [['a/'], ['gguf'], /a\/ is the name of a folder, and gguf is written as a file/],
  [['a.gguf/'], ['gguf'], /a\.gguf\/ is a folder with the name of a gguf file/],
])('%j with --to %j is refused', (paths, to, message) => expect(() => chooseOutputs(paths, to, 'auto')).toThrow(message));

const transfer = (role: string, shape: readonly number[], from: NumberFormatKey, more: object = {}): Transfer => ({
  role,
  row: { role, shape, names: {}, ...more },
  sources: [{ name: `${role}.source`, shape, format: from, planes: [] }],
  targets: [{ name: `${role}.target`, shape }],
  steps: [],
});
const choice = (format: NumberFormatKey | undefined, more: Partial<TypeChoice> = {}): TypeChoice => ({
  format,
  rules: [],
  widened: new Map(),
  ...more,
});
const [gguf, folder] = [writerOf('gguf'), writerOf('safetensors')];

test.each<[string, Transfer, TypeChoice, typeof gguf, object]>([
  ['a matrix stays as it is', transfer('m', [4, 256], 'bf16'), choice(undefined), gguf, { format: 'bf16' }],
  ['a vector is float32 in GGUF', transfer('v', [256], 'bf16'), choice('q4-0'), gguf, { format: 'f32' }],
  ['and what the model is in a folder', transfer('v', [256], 'bf16'), choice(undefined), folder, { format: 'bf16' }],
  ['rows that 256 does not divide', transfer('m', [4, 96], 'f32'), choice('q4-k'), gguf, { format: 'q8-0', instead: 'q4-k' }],
  ['rows that nothing divides', transfer('m', [4, 17], 'f32'), choice('q4-0'), gguf, { format: 'f16', instead: 'q4-0' }],
  ['blocks in a folder', transfer('m', [4, 256], 'q4-k'), choice(undefined), folder, { format: 'f16', instead: 'q4-k' }],
  ['a router is not quantized', transfer('r', [8, 256], 'f16', { precise: true }), choice('q4-0'), gguf, { format: 'f32' }],
  [
    'a rule by role',
    transfer('mlp-down.weight', [4, 256], 'f32'),
    choice('q4-0', { rules: [parseTypeRule('mlp-down=f16')] }),
    gguf,
    { format: 'f16' },
  ],
  [
    'a rule for a matrix leaves its bias alone',
    transfer('mlp-down.bias', [256], 'f32'),
    choice('f16', { rules: [parseTypeRule('mlp-down=q4_0')] }),
    folder,
    { format: 'f16' },
  ],
  [
    'what was widened narrows again',
    transfer('v', [256], 'f32'),
    choice(undefined, { widened: new Map([['v.source', 'bf16']]) }),
    folder,
    { format: 'bf16' },
  ],
])('%s', (_, each, types, writer, wanted) => expect(chooseFormat(each, writer, types)).toEqual(wanted));
