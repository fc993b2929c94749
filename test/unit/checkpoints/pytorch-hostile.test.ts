// PyTorch files that lie. Each must end in an LlmxError that foresees it, never in any other exception.
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { uniform } from '../../../src/core/base/random.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor } from '../../../src/core/checkpoints/read-tensor.js';
import { u32, u64 } from '../../support/hostile-bytes.js';
import { attempt, refuse, temporaryFolder, watchMemory } from '../../support/hostile-files.js';
import {
  legacyBytes,
  torchParts,
  torchPickle,
  torchTensor,
  u16,
  zipBytes,
  type TorchTensor,
  type ZipLies,
  type ZipPart,
} from '../../support/hostile-zip.js';

const put = temporaryFolder();
watchMemory();

const file = (bytes: Uint8Array): string => {
  put(join('torch', 'config.json'), '{"model_type":"llama"}');
  return put(join('torch', 'pytorch_model.bin'), bytes);
};

const honest = torchParts(torchPickle([{}]));
const zip64Sizes = (size: number | bigint, stored: number | bigint = size): Buffer => Buffer.concat([u16(1), u16(16), u64(size), u64(stored)]);
/** The honest archive with one entry replaced. */
const changed = (name: string, change: Partial<ZipPart>): ZipPart[] => honest.map((part) => (part.name === name ? { ...part, ...change } : part));

test.each<[string, Buffer]>([
  ['an archive', zipBytes(honest)],
  ['an archive with a comment', zipBytes(honest, { comment: Buffer.from('PK\x05\x06 hello') })],
  ['an archive with zip64 records', zipBytes(honest, { end64: {} })],
  ['numbers that only the zip64 record has', zipBytes(honest, { entries: 0xffff, bytes: 0xffffffff, offset: 0xffffffff, end64: {} })],
  [
    'sizes in zip64 fields',
    zipBytes(
      changed('a/data/0', {
        central: { size: 0xffffffff, stored: 0xffffffff, extra: zip64Sizes(24) },
        local: { size: 0xffffffff, stored: 0xffffffff, extra: zip64Sizes(24) },
      }),
    ),
  ],
  ['sizes behind the data', zipBytes(changed('a/data/0', { both: { flags: 0x808 }, local: { size: 0, stored: 0, crc: 0 } }))],
  ['the older form', legacyBytes(torchPickle([{}], true))],
])('%s that does not lie is read', async (_, bytes) => {
  const { tensors } = await openCheckpoint(file(bytes));
  expect([...(await decodeTensor(tensors.get('t0')!))].length).toBe(6);
});

test.each<[string, readonly ZipPart[], ZipLies, string, RegExp]>([
  ['no entry', [], {}, 'unsupported', /not a checkpoint that llmx knows/],
  ['a directory cut short', honest, { bytes: 40 }, 'malformed', /the end record is at byte/],
  ['a directory before the file', honest, { offset: 0xfffffff0 }, 'malformed', /the end record is at byte/],
  ['a directory elsewhere', honest, { offset: 4, bytes: 10 }, 'malformed', /the end record is at byte/],
  ['bytes between directory and end', honest, { before: Buffer.alloc(8) }, 'malformed', /the end record is at byte/],
  ['too many entries', honest, { entries: 9 }, 'malformed', /has 4 entries, the end record says 9/],
  ['too few entries', honest, { entries: 1 }, 'malformed', /has 4 entries, the end record says 1/],
  ['several disks', honest, { disk: 1 }, 'unsupported', /several parts/],
  ['bytes behind the end', honest, { after: Buffer.alloc(3) }, 'malformed', /no end record/],
  ['end records that differ', honest, { end64: { entries: 5 } }, 'malformed', /contradict each other/],
  ['a zip64 directory of 2^64 - 1 bytes', honest, { bytes: 0xffffffff, end64: { bytes: 2n ** 64n - 1n } }, 'malformed', /the end record is at byte/],
  ['a zip64 record beyond the file', honest, { end64: { at: 2n ** 63n } }, 'malformed', /is said to lie at byte/],
  ['a zip64 record elsewhere', honest, { end64: { at: 3 } }, 'malformed', /no zip64 end record at byte 3/],
  ['a name twice', [...honest, honest[0]!], {}, 'malformed', /stands in its directory twice/],
  ['a name with a way up', [...honest, { name: 'a/../b', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['an absolute name', [...honest, { name: '/etc/passwd', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['a drive', [...honest, { name: 'c:/x', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['a backslash', [...honest, { name: 'a\\b', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['a zero byte in a name', [...honest, { name: 'a/b\0', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['an escape in a name', [...honest, { name: 'a/\x1b[2J', data: Buffer.alloc(1) }], {}, 'malformed', /not a name inside/],
  ['a name that is no UTF-8', [...honest, { name: Buffer.from([0x61, 0xff]), data: Buffer.alloc(1) }], {}, 'malformed', /not valid UTF-8/],
  ['no name', [...honest, { name: '', data: Buffer.alloc(1) }], {}, 'malformed', /a name of 0 bytes/],
  ['another name at the data', changed('a/data/0', { local: { name: 'a/data/1' } }), {}, 'malformed', /contradict each other \(name\)/],
  ['another size at the data', changed('a/data/0', { local: { size: 25 } }), {}, 'malformed', /contradict each other \(size\)/],
  ['another method at the data', changed('a/data/0', { local: { method: 8 } }), {}, 'malformed', /contradict each other \(method\)/],
  ['other flags at the data', changed('a/data/0', { local: { flags: 0 } }), {}, 'malformed', /contradict each other \(flags\)/],
  ['another checksum at the data', changed('a/data/0', { local: { crc: 7 } }), {}, 'malformed', /contradict each other \(checksum\)/],
  ['stored in fewer bytes than it has', changed('a/data/0', { both: { stored: 4 } }), {}, 'malformed', /is stored in 4 bytes and has 24/],
  ['longer than the file', changed('a/data/0', { both: { size: 1e6, stored: 1e6 } }), {}, 'malformed', /ends at byte|begins at byte/],
  ['a zip64 size without its field', changed('a/data/0', { both: { size: 0xffffffff, stored: 0xffffffff } }), {}, 'malformed', /lacks a zip64 size/],
  [
    'a zip64 size of 2^63',
    changed('a/data/0', { both: { size: 0xffffffff, stored: 0xffffffff, extra: zip64Sizes(2n ** 63n) } }),
    {},
    'malformed',
    /ends at byte|begins at byte/,
  ],
  [
    'a zip64 field cut short',
    changed('a/data/0', { central: { size: 0xffffffff, extra: Buffer.from([1, 0, 99, 0]) } }),
    {},
    'malformed',
    /lacks a zip64 size/,
  ],
  ['entries on top of each other', changed('a/data/0', { central: { offset: 0 } }), {}, 'malformed', /contradict each other/],
  ['an entry inside the directory', changed('a/version', { central: { offset: 0xffffff } }), {}, 'malformed', /needs bytes/],
  ['an entry nowhere', changed('a/version', { central: { offset: 1 } }), {}, 'malformed', /no local header at byte 1/],
  ['an entry on another disk', changed('a/version', { central: { disk: 3 } }), {}, 'unsupported', /another part/],
  ['an encrypted entry', changed('a/data/0', { both: { flags: 0x801 } }), {}, 'unsupported', /is encrypted/],
  ['a compressed storage', changed('a/data/0', { both: { method: 8, size: 24 } }), {}, 'unsupported', /is compressed \(method 8\)/],
  [
    'a compressed pickle',
    changed('a/data.pkl', { data: deflateRawSync(Buffer.alloc(1000)), both: { method: 8, size: 1000 } }),
    {},
    'unsupported',
    /"a\/data\.pkl" is compressed/,
  ],
  ['a wrong checksum of the pickle', changed('a/data.pkl', { both: { crc: 1 } }), {}, 'malformed', /the checksum of "a\/data\.pkl" is wrong/],
  ['a pickle of 200 MB', changed('a/data.pkl', { both: { size: 2e8, stored: 2e8 } }), {}, 'malformed', /ends at byte|begins at byte/],
  ['no pickle', honest.slice(1), {}, 'unsupported', /without data\.pkl/],
  ['two pickles', [...honest, { name: 'b/data.pkl', data: Buffer.from('N.') }], {}, 'malformed', /2 entries named data\.pkl/],
  ['no version', honest.slice(0, -1), {}, 'malformed', /its version is missing/],
  ['a version that is text', changed('a/version', { data: Buffer.from('new') }), {}, 'malformed', /its version is "new"/],
  ['a later version', changed('a/version', { data: Buffer.from('11') }), {}, 'unsupported', /version 11/],
  ['a long version', changed('a/version', { data: Buffer.alloc(100) }), {}, 'malformed', /100 bytes, more than 64/],
  ['big-endian numbers', changed('a/byteorder', { data: Buffer.from('big') }), {}, 'unsupported', /big-endian/],
  ['another byte order', changed('a/byteorder', { data: Buffer.from('pdp') }), {}, 'malformed', /its byteorder is "pdp"/],
  ['a storage that is not there', torchParts(torchPickle([{}]), {}), {}, 'malformed', /the storage 0 is missing/],
  ['a storage too short', torchParts(torchPickle([{}]), { '0': Buffer.alloc(20) }), {}, 'malformed', /has 20 bytes, the pickle says 24/],
  ['bytes behind the pickle', torchParts(Buffer.concat([torchPickle([{}]), Buffer.from('N.')])), {}, 'malformed', /its pickle ends at/],
  ['a pickle cut short', torchParts(torchPickle([{}]).subarray(0, -9)), {}, 'malformed', /ends inside its pickle/],
  [
    'a pickle that runs code',
    torchParts(Buffer.from("cos\nsystem\n(S'true'\ntR.")),
    {},
    'unsupported',
    /data\.pkl: the pickle asks for os\.system at byte 0/,
  ],
])('%s', (_, parts, lies, code, message) => refuse(file(zipBytes(parts, lies)), code, message));

test.each<[string, TorchTensor, string, RegExp]>([
  ['strides of columns', { strides: [1, 3] }, 'unsupported', /"t0" with shape \[3, 2\] lies in strides of \[1, 3\] elements/],
  ['strides of a broadcast', { strides: [0, 1] }, 'unsupported', /strides of \[0, 1\]/],
  ['more values than the storage', { shape: [4, 2] }, 'malformed', /takes bytes 0 to 32 of the storage 0, which has 24/],
  ['an offset beyond the storage', { offset: 1 }, 'malformed', /takes bytes 4 to 28/],
  ['a negative offset', { offset: -1 }, 'malformed', /no sides and strides/],
  ['a negative side', { shape: [-3, -2] }, 'malformed', /no sides and strides/],
  ['fewer strides than sides', { strides: [1] }, 'malformed', /no sides and strides/],
  ['a hundred sides', { shape: new Array<number>(100).fill(1), strides: new Array<number>(100).fill(1) }, 'malformed', /at most 64/],
  [
    'sides that overflow',
    { shape: new Array<number>(9).fill(0x7fffffff), strides: new Array<number>(9).fill(1) },
    'malformed',
    /more values than any file/,
  ],
  ['a negative number of elements', { elements: -6 }, 'malformed', /no storage/],
  ['a number of elements that is not the storage’s', { elements: 7 }, 'malformed', /has 24 bytes, the pickle says 28/],
  ['another class than a storage', { storage: 'torch\nSize' }, 'malformed', /is of torch\.Size/],
  ['something outside that is no storage', { kind: 'file' }, 'malformed', /no storage/],
  ['a module outside', { kind: 'module' }, 'unsupported', /a whole module/],
  [
    'an untyped storage',
    { storage: 'torch.storage\nUntypedStorage', elements: 24 },
    'malformed',
    /untyped storage and no element type|no dict of tensors/,
  ],
  ['a key with an escape in it', { key: '\x1b[2J' }, 'malformed', /the storage "\\u001b\[2J" is missing/],
  ['a key of every object', { key: 'constructor' }, 'malformed', /the storage constructor is missing/],
])('a tensor with %s', (_, tensor, code, message) => {
  // An honest one beside it, so that the dict is found.
  const parts = torchParts(torchPickle([tensor, { name: 'honest', key: '1' }]), { '0': Buffer.alloc(24), '1': Buffer.alloc(24) });
  return refuse(file(zipBytes(parts)), code, message);
});

const proto = (text: string): Buffer => Buffer.from(`\x80\x02${text}`, 'latin1');
const legacy = torchPickle([{}], true);
const key = (...names: string[]): Buffer => proto(`(${names.map((name) => `X${u32(name.length).toString('latin1')}${name}`).join('')}l.`);

test.each<[string, Buffer, string, RegExp]>([
  ['another version', legacyBytes(legacy, { version: 1000 }), 'unsupported', /its version is not 1001/],
  ['big-endian numbers', legacyBytes(legacy, { system: proto('}X\x0d\0\0\0little_endian\x89s.') }), 'unsupported', /big-endian/],
  ['no byte order', legacyBytes(legacy, { system: proto('}.') }), 'malformed', /byte order is missing/],
  ['a byte order that is no dict', legacyBytes(legacy, { system: proto('N.') }), 'malformed', /no dict/],
  ['keys that are no list', legacyBytes(legacy, { keys: proto('N.') }), 'malformed', /no list/],
  ['a key too many', legacyBytes(legacy, { keys: key('0', '1') }), 'malformed', /not those of its pickle/],
  ['a key twice', legacyBytes(legacy, { keys: key('0', '0') }), 'malformed', /not those of its pickle/],
  ['no keys', legacyBytes(legacy, { keys: key(), storages: [] }), 'malformed', /the storage 0 is missing/],
  ['another number of elements', legacyBytes(legacy, { storages: [[5, Buffer.alloc(24)]] }), 'malformed', /has 5 elements, the pickle says 6/],
  ['a negative number of elements', legacyBytes(legacy, { storages: [[-1n, Buffer.alloc(24)]] }), 'malformed', /has -1 elements/],
  ['a storage cut short', legacyBytes(legacy, { storages: [[6, Buffer.alloc(23)]] }), 'malformed', /ends at byte/],
  ['bytes behind the storages', legacyBytes(legacy, { storages: [[6, Buffer.alloc(25)]] }), 'malformed', /its storages end at byte/],
  [
    'a storage of two sizes',
    legacyBytes(torchPickle([{}, { elements: 5, shape: [1], strides: [1] }], true)),
    'malformed',
    /has 24 bytes, and 20 elsewhere/,
  ],
  [
    'a view of a storage',
    legacyBytes(torchPickle([{ view: Buffer.from('(X\x01\0\0\x001K\x00K\x01t', 'latin1') }], true)),
    'unsupported',
    /is a view of another/,
  ],
  ['a pickle that runs code', legacyBytes(Buffer.from("cos\nsystem\n(S'true'\ntR.")), 'unsupported', /asks for os\.system at byte \d+/],
  [
    'a pickle without an end',
    legacyBytes(Buffer.alloc(70_000, 'N0'), { keys: Buffer.alloc(0), storages: [] }),
    'malformed',
    /ends inside its pickle/,
  ],
])('the older form with %s', (_, bytes, code, message) => refuse(file(bytes), code, message));

test('cut short at every byte', async () => {
  for (const bytes of [zipBytes(honest), zipBytes(honest, { end64: {} }), legacyBytes(legacy)])
    for (let length = 0; length < bytes.length; length += 5) expect(await attempt(file(bytes.subarray(0, length))), `${length} bytes`).toBeDefined();
});

test('a dict inside itself, and tensors inside lists, end the search', async () => {
  const itself = Buffer.concat([Buffer.from('\x80\x02}q\x00(X\x01\0\0\0ah\x00X\x01\0\0\0t', 'latin1'), torchTensor(), Buffer.from('u.')]);
  expect([...(await openCheckpoint(file(zipBytes(torchParts(itself))))).tensors.keys()]).toEqual(['t']);
  const list = Buffer.concat([Buffer.from('\x80\x02]', 'latin1'), torchTensor(), Buffer.from('a.')]);
  await refuse(file(zipBytes(torchParts(list))), 'unsupported', /no dict of tensors/);
});

test('dicts in dicts, each twice inside the next, are not walked way by way', async () => {
  const item = (key: string, level: number): string => `X\x01\0\0\0${key}h${String.fromCharCode(level)}`;
  // {} first, then 200 times {'a': the one before, 'b': the one before}: 2^200 ways down
  const levels = Array.from({ length: 200 }, (_, level) => `}(${item('a', level)}${item('b', level)}uq${String.fromCharCode(level + 1)}0`);
  const pickle = Buffer.from(`\x80\x02}q\x000${levels.join('')}h\xc8.`, 'latin1');
  await refuse(file(zipBytes(torchParts(pickle))), 'unsupported', /no dict of tensors/);
});

/** Bytes that are changed lie in headers, directory, and pickle; values of tensors may be anything. */
test.each<[string, Buffer, number]>([
  ['archives', zipBytes(honest, { end64: {} }), 350],
  ['files of the older form', legacyBytes(legacy), 250],
])(
  '500 %s with a few bytes changed',
  async (_, original, least) => {
    let refused = 0;
    for (let seed = 0; seed < 500; seed++) {
      const draw = (counter: number, below: number): number => Math.floor(uniform(20240607, seed, counter) * below);
      const bytes = Buffer.from(original);
      if (draw(0, 4) === 0) bytes.writeUInt32LE([0, 1, 0x7fffffff, 0xffffffff][draw(1, 4)]!, draw(2, bytes.length - 4));
      else for (let flip = 0; flip <= draw(3, 6); flip++) bytes[draw(10 + 3 * flip, bytes.length)]! ^= 1 << draw(11 + 3 * flip, 8);
      if ((await attempt(file(bytes))) !== undefined) refused++;
    }
    expect(refused).toBeGreaterThanOrEqual(least);
  },
  20_000,
);
