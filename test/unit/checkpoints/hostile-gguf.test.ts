// GGUF files that lie. Each must end in an LlmxError that foresees it, at once and in little memory, never in any other exception.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { array, entry, f32, ggufBytes, honestGgufParts, pair, text, type, u32, u64 } from '../../support/hostile-bytes.js';
import { failure, refuse, temporaryFolder, watchMemory } from '../../support/hostile-files.js';

const put = temporaryFolder();
watchMemory();

const one = (overrides: Partial<Parameters<typeof ggufBytes>[0]>) =>
  ggufBytes({ entries: [entry('a', [8], 0, 0)], data: Buffer.alloc(32), ...overrides });
const two = (...second: Parameters<typeof entry>) => ggufBytes({ entries: [entry('a', [8], 0, 0), entry(...second)], data: Buffer.alloc(128) });
const keyed = (...pairs: Buffer[]) => ggufBytes({ pairs });
const huge = 2n ** 63n - 1n;
const tokens = (count: number) =>
  pair('tokenizer.ggml.tokens', type.array, array(type.string, count, ...Array.from({ length: count }, () => text('x'))));
const model = (name: string) => pair('tokenizer.ggml.model', type.string, text(name));

test.each<[string, Buffer, string, RegExp]>([
  ['another magic', one({ magic: 'GGUG' }), 'malformed', /does not begin with "GGUF"/],
  ['version 0', one({ version: 0 }), 'unsupported', /big-endian|version 0/],
  ['version 1', one({ version: 1 }), 'unsupported', /version 1/],
  ['version 4', one({ version: 4 }), 'unsupported', /version 4/],
  ['big-endian', one({ version: 3 << 24 }), 'unsupported', /big-endian/],
  ['a huge tensor count', one({ tensorCount: huge }), 'malformed', /beyond any file/],
  ['a large tensor count', one({ tensorCount: 2 ** 40 }), 'malformed', /tensors, more than/],
  ['more tensors than bytes', one({ tensorCount: 1000 }), 'malformed', /need at least/],
  ['a huge key count', one({ pairCount: huge }), 'malformed', /beyond any file/],
  ['more keys than bytes', one({ pairCount: 1000 }), 'malformed', /need at least/],
  ['one tensor too many', one({ tensorCount: 2 }), 'malformed', /./],
  ['an empty key', keyed(pair('', type.u8, Buffer.from([1]))), 'malformed', /key 0 is empty/],
  ['a key twice', keyed(pair('x', type.u8, Buffer.from([1])), pair('x', type.u8, Buffer.from([1]))), 'malformed', /"x" stands twice/],
  ['a key longer than the file', keyed(Buffer.concat([u64(2 ** 30), Buffer.alloc(64)])), 'malformed', /bytes long, more than/],
  ['a key of 2^63 bytes', keyed(Buffer.concat([u64(huge), Buffer.alloc(64)])), 'malformed', /beyond any file/],
  ['a key that is not UTF-8', keyed(pair(Buffer.from([0xc3, 0x28]), type.u8, Buffer.from([1]))), 'malformed', /not valid UTF-8/],
  ['a string that is not UTF-8', keyed(pair('x', type.string, text(Buffer.from([0xff])))), 'malformed', /"x" is not valid UTF-8/],
  ['an unknown value type', keyed(pair('x', 99, Buffer.alloc(8))), 'malformed', /unknown type 99/],
  ['an unknown element type', keyed(pair('x', type.array, array(99, 1, Buffer.alloc(8)))), 'malformed', /elements of type 99/],
  ['arrays in arrays', keyed(pair('x', type.array, array(type.array, 1, array(type.u8, 1, Buffer.from([1]))))), 'malformed', /do not nest/],
  ['an array of 2^62 elements', keyed(pair('x', type.array, array(type.u8, 2n ** 62n))), 'malformed', /beyond any file/],
  ['an array longer than the file', keyed(pair('x', type.array, array(type.f64, 2 ** 40))), 'malformed', /elements, \d+ bytes are left/],
  ['a string array longer than the file', keyed(pair('x', type.array, array(type.string, 2 ** 33))), 'malformed', /elements, \d+ bytes are left/],
  ['a string in an array longer than the file', keyed(pair('x', type.array, array(type.string, 1, u64(2 ** 25)))), 'malformed', /needs bytes/],
  ['an unnamed tensor', one({ entries: [entry('', [8], 0, 0)] }), 'malformed', /has 0 bytes/],
  ['a name of 64 bytes', one({ entries: [entry('n'.repeat(64), [8], 0, 0)] }), 'malformed', /has 64 bytes/],
  ['a name of a gigabyte', one({ entries: [Buffer.concat([u64(2 ** 30), Buffer.alloc(64)])] }), 'malformed', /bytes long/],
  ['a name that is not UTF-8', one({ entries: [entry(Buffer.from([0x80]), [8], 0, 0)] }), 'malformed', /not valid UTF-8/],
  ['a name with control characters and a bad offset', one({ entries: [entry('a\0\u001b[31m', [8], 0, 7)] }), 'malformed', /"a\\u0000\\u001b\[31m"/],
  ['two tensors of one name', two('a', [8], 0, 32), 'malformed', /two tensors are named "a"/],
  ['five sides', one({ entries: [entry('a', [1, 1, 1, 1, 8], 0, 0)] }), 'malformed', /5 sides/],
  ['2^32 - 1 sides', one({ entries: [Buffer.concat([text('a'), u32(0xffffffff), Buffer.alloc(64)])] }), 'malformed', /4294967295 sides/],
  ['a negative side', one({ entries: [entry('a', [-8], 0, 0)] }), 'malformed', /beyond any file/],
  ['sides that overflow', one({ entries: [entry('a', [2n ** 32n, 2n ** 32n], 0, 0)] }), 'malformed', /more values than any file/],
  ['sides that overflow to nothing', one({ entries: [entry('a', [2n ** 52n, 0, 2n ** 52n], 0, 2n ** 50n)] }), 'malformed', /should lie at 0/],
  ['a row that is no multiple of the block', one({ entries: [entry('a', [33], 8, 0)] }), 'malformed', /rows of 33 values.*Q8_0's block of 32/],
  ['an unknown tensor type', one({ entries: [entry('a', [32], 77, 0)] }), 'unsupported', /type 77/],
  ['a retired tensor type', one({ entries: [entry('a', [32], 4, 0)] }), 'unsupported', /type 4/],
  ['an offset not aligned', two('b', [8], 0, 33), 'malformed', /should lie at 32/],
  ['an offset that overlaps', two('b', [8], 0, 0), 'malformed', /should lie at 32/],
  ['an offset with a hole', two('b', [8], 0, 64), 'malformed', /should lie at 32/],
  ['a negative offset', two('b', [8], 0, -32), 'malformed', /beyond any file/],
  ['data beyond the file', one({ data: Buffer.alloc(31) }), 'malformed', /"a" needs bytes/],
  ['a tensor larger than the file', one({ entries: [entry('a', [2n ** 40n], 0, 0)] }), 'malformed', /"a" needs bytes/],
  ['an alignment of 0', one({ pairs: [pair('general.alignment', type.u32, u32(0))] }), 'malformed', /not a power of two/],
  ['an alignment of 33', one({ pairs: [pair('general.alignment', type.u32, u32(33))] }), 'malformed', /not a power of two/],
  ['an alignment that is text', one({ pairs: [pair('general.alignment', type.string, text('32'))] }), 'malformed', /not a power of two/],
  ['an alignment of 2^31', one({ pairs: [pair('general.alignment', type.u32, u32(2 ** 31))] }), 'malformed', /2147483648, at most 1073741824/],
  ['an alignment beyond the file', one({ pairs: [pair('general.alignment', type.u32, u32(2 ** 30))] }), 'malformed', /needs bytes/],
  ['a vocabulary without pieces', keyed(model('llama')), 'malformed', /tokens is missing or empty/],
  [
    'pieces that are numbers',
    keyed(model('llama'), pair('tokenizer.ggml.tokens', type.array, array(type.u8, 1, Buffer.from([1])))),
    'malformed',
    /not an array of strings/,
  ],
  [
    'fewer scores than pieces',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.scores', type.array, array(type.f32, 2, Buffer.alloc(8)))),
    'malformed',
    /2 elements.*3/,
  ],
  [
    'fewer types than pieces',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.token_type', type.array, array(type.i32, 2, Buffer.alloc(8)))),
    'malformed',
    /2 elements.*3/,
  ],
  [
    'a piece type that does not exist',
    keyed(model('llama'), tokens(1), pair('tokenizer.ggml.token_type', type.array, array(type.i32, 1, u32(9)))),
    'malformed',
    /is 9, not 0 to 6/,
  ],
  [
    'scores that are text',
    keyed(model('llama'), tokens(1), pair('tokenizer.ggml.scores', type.string, text('x'))),
    'malformed',
    /not an array of numbers/,
  ],
  ...['bos', 'eos', 'unknown', 'eot', 'eom'].map(
    (name) =>
      [
        `${name} beyond the vocabulary`,
        keyed(model('llama'), tokens(3), pair(`tokenizer.ggml.${name}_token_id`, type.u32, u32(3))),
        'malformed',
        new RegExp(`tokenizer\\.ggml\\.${name}_token_id is 3, not an id of a vocabulary of 3`),
      ] as [string, Buffer, string, RegExp],
  ),
  [
    'a mark that is text',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.bos_token_id', type.string, text('1'))),
    'malformed',
    /is "1", not an id/,
  ],
  [
    'a mark that is a fraction',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.bos_token_id', type.f32, f32(0.5))),
    'malformed',
    /is 0.5, not an id/,
  ],
  [
    'a mark of 2^63',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.bos_token_id', type.u64, u64(2n ** 63n))),
    'malformed',
    /is "9223372036854775808", not/,
  ],
  ['a mark of -7', keyed(model('llama'), tokens(3), pair('tokenizer.ggml.bos_token_id', type.i32, u32(-7))), 'malformed', /is -7, not an id/],
  ['a mark without a vocabulary', keyed(pair('tokenizer.ggml.bos_token_id', type.u32, u32(2 ** 31))), 'malformed', /is 2147483648, not an id/],
  [
    'a switch that is a number',
    keyed(model('llama'), tokens(3), pair('tokenizer.ggml.add_bos_token', type.u8, Buffer.from([1]))),
    'malformed',
    /add_bos_token is 1, neither true nor false/,
  ],
  [
    'a pre-tokenizer that is a number',
    keyed(
      model('gpt2'),
      tokens(1),
      pair('tokenizer.ggml.merges', type.array, array(type.string, 0)),
      pair('tokenizer.ggml.pre', type.u8, Buffer.from([1])),
    ),
    'malformed',
    /tokenizer\.ggml\.pre is 1, not a name/,
  ],
  [
    'a split whose name is another',
    one({ pairs: [pair('split.count', type.u32, u32(3)), pair('split.no', type.u32, u32(0))] }),
    'malformed',
    /first of 3 parts/,
  ],
  [
    'a split into 2^32 parts',
    one({ pairs: [pair('split.count', type.u32, u32(0xffffffff)), pair('split.no', type.u32, u32(0))] }),
    'malformed',
    /first of 4294967295 parts/,
  ],
])('%s', (name, bytes, code, message) => refuse(put(`gguf/${name.replace(/\W+/g, '-')}.gguf`, bytes), code, message));

test('cut short at every byte', async () => {
  const bytes = ggufBytes(honestGgufParts);
  for (let length = 0; length < bytes.length; length += 7)
    await refuse(put('gguf/cut.gguf', bytes.subarray(0, length)), 'malformed', /needs bytes|need at least|are left|ends/);
});

test('keys that a plain object would take for its own', async () => {
  const { config } = await openCheckpoint(
    put('gguf/proto.gguf', keyed(pair('__proto__', type.string, text('x')), pair('constructor', type.u8, Buffer.from([1])))),
  );
  expect(Object.keys(config)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
});

test('a sparse file of 64 GiB that claims arrays of gigabytes', async () => {
  const claim = keyed(
    ...Array.from({ length: 64 }, (_, index) => pair(`k${index}`, type.array, array(type.u64, 0))),
    pair('big', type.array, array(type.u8, 2 ** 33)),
  );
  const path = put('gguf/sparse.gguf', claim);
  const file = openSync(path, 'r+');
  ftruncateSync(file, 2 ** 36);
  closeSync(file);
  await refuse(path, 'malformed', /have 8589934592 elements, more than/);
});

test('a sparse file whose strings would fill the memory', async () => {
  const strings = pair('big', type.array, Buffer.concat([u32(type.string), u64(1000)]));
  const path = put('gguf/strings.gguf', keyed(strings));
  const file = openSync(path, 'r+');
  ftruncateSync(file, 2 ** 36);
  const start = keyed(strings).indexOf(strings) + strings.length;
  for (let index = 0, at = start; index < 20; index++, at += 8 + (60 << 20)) writeSync(file, u64(60 << 20), 0, 8, at);
  closeSync(file);
  const error = await failure(openCheckpoint(path));
  expect(error).toMatchObject({ code: 'malformed', message: expect.stringContaining('the header goes beyond') as string });
});
