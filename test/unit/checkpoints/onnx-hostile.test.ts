// ONNX files that lie, field by field and by seeded flips: each must end in an LlmxError that foresees it, quickly and in little memory.
import type { onnx as Onnx } from 'onnx-proto';
import { expect, test } from 'vitest';
import { uniform } from '../../../src/core/base/random.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { attempt, refuse, temporaryFolder, watchMemory } from '../../support/hostile-files.js';
import { bytesOf, counting, modelOf, node } from '../../support/onnx-model.js';

const put = temporaryFolder();
watchMemory();

put('o/config.json', '{"model_type":"llama"}');
put('o/data', new Uint8Array(64));
const write = (bytes: Uint8Array): string => put('o/m.onnx', bytes);

const varint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
};
const key = (number: number, wire: number): Buffer => varint(BigInt(number * 8 + wire));
/** A field led by its length, or by one that lies. */
const message = (number: number, parts: readonly Uint8Array[], length?: bigint): Buffer => {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([key(number, 2), varint(length ?? BigInt(bytes.length)), bytes]);
};
const text = (number: number, value: string): Buffer => message(number, [Buffer.from(value)]);
const number = (field: number, value: bigint): Buffer => Buffer.concat([key(field, 0), varint(value)]);

/** A file of one initializer of the fields given. */
const initializer = (...fields: Buffer[]): Buffer => message(7, [message(5, fields)]);
const tensor = (dims: readonly bigint[], ...rest: Buffer[]): Buffer =>
  initializer(...dims.map((side) => number(1, side)), number(2, 1n), text(8, 'a.b'), ...rest);
const outside = (entries: Readonly<Record<string, string>>): Buffer =>
  tensor([4n], ...Object.entries(entries).map(([name, value]) => message(13, [text(1, name), text(2, value)])), number(14, 1n));
const raw = (length: number): Buffer => message(9, [Buffer.alloc(length)]);

const nested = (depth: number): Buffer => {
  let graph: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) graph = message(1, [text(4, 'If'), message(5, [text(1, 'then_branch'), message(6, [graph])])]);
  return message(7, [graph]);
};

test.each<[string, Buffer, string, RegExp]>([
  ['nothing', Buffer.alloc(0), 'malformed', /holds no graph/],
  ['text', Buffer.from('this is no model'), 'malformed', /not a protobuf message|needs \d+ bytes|holds no graph|does not end/],
  ['no graph', number(1, 8n), 'malformed', /holds no graph/],
  ['two graphs', Buffer.concat([initializer(), initializer()]), 'malformed', /two graphs/],
  ['a graph longer than the file', message(7, [Buffer.alloc(4)], 100n), 'malformed', /field 7 of the file needs 100 bytes/],
  ['a graph of 2^60 bytes', message(7, [Buffer.alloc(4)], 2n ** 60n), 'malformed', /needs more than 2\^53 bytes/],
  ['a tensor longer than its graph', message(7, [message(5, [], 50n), Buffer.alloc(0)]), 'malformed', /needs 50 bytes/],
  ['a number that does not end', Buffer.from([...Array<number>(11).fill(0xff), 1]), 'malformed', /does not end/],
  ['a number that the file cuts', Buffer.from([0x08, 0x80]), 'malformed', /does not end/],
  [
    'a number that its message cuts',
    Buffer.concat([message(7, [message(5, [Buffer.from([0x08, 0x80])])]), Buffer.from([1])]),
    'malformed',
    /does not end/,
  ],
  ['a group', Buffer.from([0x0b, 0x0c]), 'malformed', /not a protobuf message/],
  ['field 0', Buffer.from([0x02, 0x00]), 'malformed', /not a protobuf message/],
  ['a name twice', bytesOf(modelOf([counting('a.b', [2]), counting('a.b', [2])])), 'malformed', /two initializers are called a\.b/],
  ['a side of 2^63', tensor([2n ** 63n], raw(4)), 'malformed', /sides of .* negative, or beyond any file/],
  ['a side of -1', tensor([2n ** 64n - 1n], raw(4)), 'malformed', /sides of .* negative, or beyond any file/],
  ['sides that overflow', tensor([2n ** 30n, 2n ** 30n], raw(4)), 'malformed', /more values than any file/],
  ['a thousand sides', initializer(text(8, 'a.b'), ...Array.from({ length: 1000 }, () => number(1, 1n))), 'malformed', /1000 sides/],
  ['a thousand packed sides', initializer(text(8, 'a.b'), message(1, [Buffer.alloc(1000, 1)])), 'malformed', /more than 16 numbers/],
  ['too few values', tensor([4n], raw(15)), 'malformed', /a\.b has 15 bytes of values, its sides \[4\] ask for 16/],
  ['too many values', tensor([4n], raw(17)), 'malformed', /17 bytes/],
  ['values twice', tensor([4n], raw(16), raw(16)), 'unsupported', /several pieces/],
  ['a name of 100,000 bytes', initializer(text(8, 'a'.repeat(100_000))), 'malformed', /not a text of at most 65536 bytes/],
  ['a name that is no UTF-8', initializer(message(8, [Buffer.from([0xff])])), 'malformed', /not valid UTF-8/],
  ['a name that is a number', initializer(number(8, 1n)), 'malformed', /not a text/],
  [
    'a terminal sequence in a name',
    bytesOf(modelOf([counting('\u001b[31m', [2]), counting('\u001b[31m', [2])])),
    'malformed',
    /are called "\\u001b\[31m"/,
  ],
  ['a file that is not there', outside({ location: 'none' }), 'not-found', /none: no such file; a\.b lies in it/],
  ['no location', outside({ offset: '0' }), 'malformed', /does not say in which/],
  ['a location above', outside({ location: '../o/data' }), 'malformed', /no path inside the model's folder/],
  ['a location above, later', outside({ location: 'x/../../o/data' }), 'malformed', /no path inside/],
  ['a location from the root', outside({ location: '/etc/passwd' }), 'malformed', /no path inside/],
  ['a location of Windows', outside({ location: '..\\data' }), 'malformed', /no path inside/],
  ['a drive', outside({ location: 'C:data' }), 'malformed', /no path inside/],
  ['an empty location', outside({ location: '' }), 'malformed', /no path inside/],
  ['a zero byte in a location', outside({ location: 'data\0x' }), 'malformed', /no path inside/],
  ['a folder as a file', outside({ location: '.' }), 'not-found', /no such file/],
  ['an offset beyond the file', outside({ location: 'data', offset: '60' }), 'malformed', /needs bytes 60 to 76, the file has 64/],
  ['an offset of 2^60', outside({ location: 'data', offset: String(2n ** 60n) }), 'malformed', /the offset of a\.b is/],
  ['a negative offset', outside({ location: 'data', offset: '-4' }), 'malformed', /the offset of a\.b is "?-4/],
  ['an offset in words', outside({ location: 'data', offset: '0x10' }), 'malformed', /not a number of bytes/],
  ['a length that lies', outside({ location: 'data', length: '8' }), 'malformed', /8 bytes of values/],
  ['a length of 2^60', outside({ location: 'data', length: String(2n ** 60n) }), 'malformed', /the length of a\.b/],
  ['many entries of external data', outside(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, 'v']))), 'malformed', /20 entries/],
  ['graphs nested 9 deep', nested(9), 'malformed', /nest deeper than 8/],
  ['graphs nested 2,000 deep', nested(2000), 'malformed', /nest deeper than 8/],
  [
    'a node of 5,000 inputs',
    message(7, [
      message(
        1,
        Array.from({ length: 5000 }, () => text(1, 'x')),
      ),
    ]),
    'malformed',
    /more than 4096 inputs/,
  ],
  ['300,000 nodes', message(7, [Buffer.concat(Array.from({ length: 300_000 }, () => message(1, [])))]), 'malformed', /more than 262144 nodes/],
  [
    '300,000 initializers',
    message(7, [Buffer.concat(Array.from({ length: 300_000 }, (_, at) => message(5, [text(8, `a.${at}`)])))]),
    'malformed',
    /more than 262144 initializers/,
  ],
])('%s', async (_, bytes, code, words) => refuse(write(bytes), code, words), 20_000);

test('words of every object are no operators and no parts', async () => {
  const nodes = ['constructor', '__proto__', 'toString'].map((op) => node(op, `/a/${op}/MatMul`, ['x', 'w']));
  const names = ['model.constructor.MatMul.weight', 'model.__proto__.MatMul.weight', 'w'];
  const initializers = names.map((name) => counting(name, [2, 2]));
  const { tensors } = await openCheckpoint(write(bytesOf(modelOf(initializers, nodes))));
  expect([...tensors.keys()]).toEqual(['model.constructor.weight', 'model.__proto__.weight']);
});

/** One layer of everything that the reader looks at. */
function honest(): Buffer {
  const external: Onnx.ITensorProto = {
    name: 'model.norm.weight',
    dims: [4],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries({ location: 'data', offset: '16', length: '16' }).map(([name, value]) => ({ key: name, value })),
  };
  const branch: Onnx.IGraphProto = { name: 'then', node: [node('MatMul', '/lm_head/MatMul', ['x', 'onnx::MatMul_2'])] };
  return bytesOf({
    ...modelOf(
      [counting('model.embed_tokens.weight', [8, 4]), counting('onnx::MatMul_1', [4, 4]), counting('onnx::MatMul_2', [4, 8]), external],
      [
        node('Gather', '/model/embed_tokens/Gather', ['model.embed_tokens.weight', 'input_ids'], { attribute: [{ name: 'axis', type: 2, i: 0 }] }),
        node('MatMul', '/model/layers.0/self_attn/q_proj/MatMul', ['h', 'onnx::MatMul_1']),
        node('MatMulNBits', '/model/layers.0/self_attn/k_proj/MatMul_Q4', ['h', 'q', 's'], { attribute: [{ name: 'bits', type: 2, i: 4 }] }),
        node('If', 'optimum::if', ['c'], { attribute: [{ name: 'then_branch', type: 5, g: branch }] }),
      ],
    ),
    metadataProps: [{ key: 'a', value: 'b' }],
  });
}

function mutate(original: Buffer, seed: number): Buffer {
  const bytes = Buffer.from(original);
  const draw = (counter: number, below: number): number => Math.floor(uniform(20261127, seed, counter) * below);
  for (let flip = 0; flip <= draw(0, 6); flip++) {
    const at = draw(10 + 3 * flip, bytes.length);
    bytes[at] = draw(11 + 3 * flip, 4) === 0 ? [0, 0x7f, 0x80, 0xff][draw(12 + 3 * flip, 4)]! : bytes[at]! ^ (1 << draw(12 + 3 * flip, 8));
  }
  return draw(1, 8) === 0 ? bytes.subarray(0, draw(2, bytes.length)) : bytes;
}

test('800 models with a few bytes changed', async () => {
  const original = honest();
  expect(await attempt(write(original))).toBeUndefined();
  let refused = 0;
  for (let seed = 0; seed < 800; seed++) if ((await attempt(write(mutate(original, seed)))) !== undefined) refused++;
  expect(refused).toBeGreaterThan(300);
}, 30_000);
