// safetensors files and folders that lie. Each must end in an LlmxError that foresees it, never in any other exception.
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { uniform } from '../../../src/core/base/random.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { honestSafetensorsData, honestSafetensorsHeader, safetensorsBytes } from '../../support/hostile-bytes.js';
import { refuse, temporaryFolder, watchMemory } from '../../support/hostile-files.js';

const put = temporaryFolder();
watchMemory();

/** A folder around one safetensors file. */
function folder(name: string, bytes: Uint8Array): string {
  put(join('st', name, 'config.json'), '{"model_type":"llama"}');
  return dirname(put(join('st', name, 'model.safetensors'), bytes));
}
const row = (dtype: unknown, shape: unknown, begin: unknown, end: unknown): object => ({ dtype, shape, data_offsets: [begin, end] });
const rows = (header: Record<string, unknown>, bytes: number): Buffer => safetensorsBytes(header, Buffer.alloc(bytes));

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /needs bytes 0 to 8, the file has 0/],
  ['seven bytes', Buffer.alloc(7), /needs bytes 0 to 8, the file has 7/],
  ['an empty header', safetensorsBytes('', Buffer.alloc(0)), /does not begin with/],
  ['a header longer than the file', safetensorsBytes('{}', Buffer.alloc(0), 3), /needs bytes 8 to 11, the file has 10/],
  ['a header of 100,000,001 bytes', safetensorsBytes('{}', Buffer.alloc(0), 100_000_001), /more than 100000000/],
  ['a header of 2^64 - 1 bytes', safetensorsBytes('{}', Buffer.alloc(0), 2n ** 64n - 1n), /a header of 18446744073709551615 bytes/],
  ['a header cut in the middle', safetensorsBytes('{"a":{"dtype"', Buffer.alloc(0)), /not valid JSON/],
  ['a header that is a list', safetensorsBytes('[]', Buffer.alloc(0)), /does not begin with/],
  ['a header with a space before it', safetensorsBytes(' {}', Buffer.alloc(0)), /does not begin with/],
  ['two objects', safetensorsBytes('{}{}', Buffer.alloc(0)), /not valid JSON/],
  ['broken UTF-8', safetensorsBytes(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.alloc(0)), /not valid UTF-8/],
  ['zero bytes after the JSON', safetensorsBytes('{}\0\0', Buffer.alloc(0)), /not valid JSON/],
  ['deep nesting', safetensorsBytes(`{"a":${'['.repeat(100_000)}`, Buffer.alloc(0)), /nested deeper than 3/],
  [
    'a name twice',
    safetensorsBytes('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', Buffer.alloc(0)),
    /same key twice/,
  ],
  [
    'a name twice, once escaped',
    safetensorsBytes(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      Buffer.alloc(0),
    ),
    /same key twice/,
  ],
  ['a field twice', safetensorsBytes('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}', Buffer.alloc(0)), /same key twice/],
  ['an entry that is a number', rows({ a: 1 }, 0), /the entry of "a" is not an object/],
  ['an entry that is null', rows({ a: null }, 0), /the entry of "a" is not an object/],
  ['an entry without dtype', rows({ a: { shape: [], data_offsets: [0, 0] } }, 0), /"a" has no dtype/],
  ['an unknown dtype', rows({ a: row('F128', [1], 0, 16) }, 16), /unknown dtype "F128"/],
  ['a dtype of every object', rows({ a: row('constructor', [1], 0, 16) }, 16), /unknown dtype/],
  ['no shape', rows({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /the shape of "a" is not/],
  ['a shape that is a number', rows({ a: row('F32', 4, 0, 16) }, 16), /the shape of "a" is not/],
  ['a negative side', rows({ a: row('F32', [-1, -4], 0, 16) }, 16), /the shape of "a" is not/],
  ['half a side', rows({ a: row('F32', [0.5, 8], 0, 16) }, 16), /the shape of "a" is not/],
  ['a side beyond 2^53', rows({ a: row('F32', [1e300], 0, 16) }, 16), /the shape of "a" is not/],
  ['sides that overflow', rows({ a: row('F32', [2 ** 52, 2 ** 52], 0, 16) }, 16), /more values than any file/],
  ['a thousand sides', rows({ a: row('F32', new Array(1000).fill(1), 0, 4) }, 4), /1000 sides/],
  ['no offsets', rows({ a: { dtype: 'F32', shape: [1] } }, 4), /data_offsets of "a"/],
  ['three offsets', rows({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 4), /not a beginning and an end/],
  ['offsets that are text', rows({ a: row('F32', [1], '0', '4') }, 4), /data_offsets of "a"/],
  ['offsets the wrong way round', rows({ a: row('F32', [1], 4, 0) }, 4), /not a beginning and an end/],
  ['a negative offset', rows({ a: row('F32', [1], -4, 0) }, 4), /data_offsets of "a"/],
  ['another length than the shape says', rows({ a: row('F32', [2], 0, 4) }, 4), /takes 4 bytes, its shape \[2\] of F32 needs 8/],
  ['half a byte', rows({ a: row('F4', [3], 0, 2) }, 2), /whole byte/],
  ['data beyond the file', rows({ a: row('F32', [2], 0, 8) }, 4), /need 8 bytes of data, the file has 4/],
  ['bytes that no tensor owns, at the end', rows({ a: row('F32', [1], 0, 4) }, 8), /need 4 bytes of data, the file has 8/],
  ['bytes that no tensor owns, at the start', rows({ a: row('F32', [1], 4, 8) }, 8), /begins at byte 4 of the data, the header ends at 0/],
  ['a hole', rows({ a: row('F32', [1], 0, 4), b: row('F32', [1], 8, 12) }, 12), /"b" begins at byte 8 of the data, "a" ends at 4/],
  ['an overlap', rows({ a: row('F32', [2], 0, 8), b: row('F32', [2], 4, 12) }, 12), /"b" begins at byte 4 of the data, "a" ends at 8/],
  ['two names for the same bytes', rows({ a: row('F32', [1], 0, 4), b: row('F32', [1], 0, 4) }, 4), /begins at byte 0 of the data/],
  ['metadata that is not text', rows({ __metadata__: { a: 1 } }, 0), /__metadata__ is not an object of strings/],
  ['metadata that is a list', rows({ __metadata__: ['a'] }, 0), /__metadata__ is not an object of strings/],
  ['a terminal escape in a name', rows({ '\u001b[2J\0': row('F32', [1], 4, 8) }, 8), /"\\u001b\[2J\\u0000" begins/],
])('%s', (name, bytes, message) => refuse(folder(name.replace(/\W+/g, '-'), bytes), 'malformed', message));

test('cut short at every byte', async () => {
  const bytes = safetensorsBytes(honestSafetensorsHeader, honestSafetensorsData);
  for (let length = 0; length < bytes.length; length += 3)
    await refuse(folder('cut', bytes.subarray(0, length)), 'malformed', /needs bytes|the tensors need/);
});

test('a tensor named __proto__ is a tensor', async () => {
  const { tensors } = await openCheckpoint(
    folder('proto', safetensorsBytes(`{"__proto__":${JSON.stringify(row('F32', [1], 0, 4))}}`, Buffer.alloc(4))),
  );
  expect([...tensors.keys()]).toEqual(['__proto__']);
});

test.each<[string, string | Buffer, RegExp]>([
  ['config.json', '', /not valid JSON/],
  ['config.json', '[]', /not an object/],
  ['config.json', 'null', /not an object/],
  ['config.json', '{}', /no field at all/],
  ['config.json', `{"a":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`, /nested deeper/],
  ['config.json', '{"a":1,"a":2}', /same key twice/],
  ['config.json', Buffer.from([0x7b, 0x80, 0x7d]), /not valid UTF-8/],
  ['tokenizer.json', '{"model":', /not valid JSON/],
  ['tokenizer.json', `{"a":${'['.repeat(200_000)}`, /nested deeper/],
  ['tokenizer_config.json', '"x"', /not an object/],
  ['generation_config.json', '{"eos_token_id"}', /not valid JSON/],
  ['model.safetensors.index.json', '{}', /weight_map is missing/],
  ['model.safetensors.index.json', '{"weight_map":{}}', /names no shard/],
  ['model.safetensors.index.json', '{"weight_map":{"a":1}}', /not a file name/],
  ['model.safetensors.index.json', '{"weight_map":["a"]}', /weight_map is missing or not an object/],
  ['tokenizer.model', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), /tokenizer.model/],
])('%s holding %s', async (name, contents, message) => {
  const path = dirname(put(`side/${Math.floor(uniform(7, contents.length, name.length) * 1e9)}/config.json`, '{"a":1}'));
  if (!name.includes('index'))
    put(join('side', basename(path), 'model.safetensors'), safetensorsBytes(honestSafetensorsHeader, honestSafetensorsData));
  put(join('side', basename(path), name), contents);
  await refuse(path, 'malformed', message);
});
