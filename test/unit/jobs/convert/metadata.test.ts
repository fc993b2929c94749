// Keys that a user adds to a GGUF: typed as what stands there, and never what the tensors contradict.
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/base/event.js';
import type { GgufValue } from '../../../../src/core/checkpoints/gguf-value.js';
import { openCheckpoint } from '../../../../src/core/checkpoints/index.js';
import { typedEntries, withAdded } from '../../../../src/core/jobs/convert/metadata.js';
import { convertTo, familyFolder, newFolder } from '../../../support/convert.js';
import { join } from 'node:path';

test.each<[Json, GgufValue]>([
  [1, { type: 'u32', value: 1 }],
  [-1, { type: 'i32', value: -1 }],
  [2 ** 40, { type: 'u64', value: 2 ** 40 }],
  [0.5, { type: 'f32', value: 0.5 }],
  [1e20, { type: 'f32', value: 1e20 }],
  [[1, -2], { type: 'array', of: 'i32', value: [1, -2] }],
  [[5e9], { type: 'array', of: 'i64', value: [5e9] }],
  [[1.5, 2], { type: 'array', of: 'f32', value: [1.5, 2] }],
  [['a'], { type: 'array', of: 'string', value: ['a'] }],
  [[true], { type: 'array', of: 'bool', value: [true] }],
])('%j is %j', (value, wanted) => expect(typedEntries({ key: value })).toEqual([['key', wanted]]));

const there = new Map<string, GgufValue>([
  ['x.base', { type: 'f32', value: 1 }],
  ['x.count', { type: 'u32', value: 1 }],
  ['x.big', { type: 'u64', value: 1 }],
  ['x.name', { type: 'string', value: 'a' }],
  ['x.on', { type: 'bool', value: true }],
  ['x.list', { type: 'array', of: 'i32', value: [1, 2] }],
]);

test('a value takes the type of the one that stands there', () => {
  const { metadata, problems } = withAdded(there, {
    'x.base': 20000,
    'x.count': 7,
    'x.big': 8,
    'x.name': 'b',
    'x.on': false,
    'x.list': [3, 4],
    'y.new': 1.5,
  });
  expect(problems).toEqual([]);
  expect([...metadata.values()].map(({ value }) => value)).toEqual([20000, 7, 8, 'b', false, [3, 4], 1.5]);
  expect(metadata.get('x.base')).toEqual({ type: 'f32', value: 20000 });
});

test.each<[JsonObject, RegExp]>([
  [{ 'x.count': -1 }, /x\.count is -1, expected u32/],
  [{ 'x.count': 1.5 }, /expected u32/],
  [{ 'x.base': 'abc' }, /expected f32/],
  [{ 'x.base': 1e300 }, /expected f32/],
  [{ 'x.list': [1] }, /expected 2 of i32/],
  [{ 'x.list': [1, 2 ** 31] }, /expected 2 of i32/],
  [{ 'x.on': 0 }, /expected bool/],
  [{ 'y.object': { a: 1 } }, /y\.object is an object; GGUF takes texts/],
  [{ 'y.null': null }, /y\.null is null/],
  [{ 'y.mixed': [1, 'a'] }, /y\.mixed is a list/],
  [{ 'y.huge': 1e300 }, /y\.huge is 1e\+300/],
  [{ 'y.low': -9007199254740993000 }, /^$/],
  [{ 'general.alignment': 7 }, /for llmx to say/],
  [{ 'general.architecture': 'x' }, /for llmx to say/],
  [{ 'split.count': 2 }, /for llmx to say/],
  [{ 'llmx.huggingface.config': '{}' }, /for llmx to say/],
])('%j', (added, message) => expect(withAdded(there, added).problems.join()).toMatch(message));

const convertWith = (metadata: JsonObject): Promise<unknown> =>
  convertTo(familyFolder('llama'), [join(newFolder(), 'a.gguf')], { naming: { metadata } });

test.each<[JsonObject, RegExp]>([
  [{ 'llama.block_count': 2 }, /layers would be 2, and the tensors are of 3/],
  [{ 'llama.attention.head_count': 8 }, /would be 8|8 heads/],
  [{ 'llama.vocab_size': 100 }, /vocabulary would be 100/],
  [{ 'llama.attention.causal': false }, /llama\.attention\.causal is false/],
  [{ 'llama.rope.scaling.type': 'yarn' }, /llama\.rope\.scaling\.factor is missing/],
  [{ 'llama.rope.dimension_count': 4 }, /rotary width would be 4/],
  [{ 'llama.unheard': 3 }, /llama\.unheard = 3 is unknown/],
  [{ 'tokenizer.ggml.bos_token_id': -5 }, /bos_token_id is -5/],
])('what the model contradicts is refused before anything is written: %j', async (metadata, message) => {
  await expect(convertWith(metadata)).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message) as string });
});

test('what changes no tensor is taken, and read back', async () => {
  const path = join(newFolder(), 'a.gguf');
  await convertTo(familyFolder('llama'), [path], { naming: { metadata: { 'llama.rope.freq_base': 20000, 'general.author': 'me' } }, verify: 'none' });
  const { config } = await openCheckpoint(path);
  expect(config).toMatchObject({ 'llama.rope.freq_base': 20000, 'general.author': 'me' });
});

test('keys for a file that has none are refused', async () => {
  const written = convertTo(familyFolder('llama'), [join(newFolder(), 'out')], { to: ['safetensors'], naming: { metadata: { a: 1 } } });
  await expect(written).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(/none is written/) as string });
});
