// The addon's way from file to file against the definitions of the number formats: every 16-bit word, awkward floats, offsets, failures.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadAddon } from '../../src/core/backends/native/addon.js';
import { transferOf, type RowOrder } from '../../src/core/backends/native/transfer.js';
import { numberFormats, type NumberFormatKey } from '../../src/core/numbers/index.js';
import { planeBytes, type NumberFormat } from '../../src/core/numbers/number-format.js';
import { newFolder } from '../support/convert.js';

const has = loadAddon() !== undefined && process.platform !== 'win32';
const without = has ? '' : ' (skipped: no native addon here, or Windows)';
const row = (key: NumberFormatKey): NumberFormat => numberFormats[key];

/** Every sign, exponent and a few fractions, ties and their neighbours among them. */
function awkwardFloats(): Uint8Array {
  const fractions = [
    0, 1, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x3000, 0x7fff, 0x8000, 0x8001, 0x18000, 0x3fffff, 0x400000, 0x7fefff, 0x7ff000, 0x7fffff,
  ];
  const words = [0, 1].flatMap((sign) =>
    Array.from({ length: 256 }, (_, exponent) => fractions.map((fraction) => (sign << 31) | (exponent << 23) | fraction)).flat(),
  );
  return new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer);
}
const everyWord = new Uint8Array(Uint16Array.from({ length: 0x10000 }, (_, word) => word).buffer);

async function through(from: NumberFormatKey, to: NumberFormatKey, source: Uint8Array, skip: number, rows?: RowOrder): Promise<Buffer> {
  const folder = newFolder();
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(input, Buffer.concat([Buffer.alloc(skip, 0xee), source]));
  writeFileSync(output, '');
  const [reader, writer] = [openSync(input, 'r'), openSync(output, 'r+')];
  try {
    const values = (source.length / row(from).planes[0]!.blockBytes) * row(from).blockLength;
    await transferOf(from, to)!({
      source: reader,
      sourceOffset: skip,
      target: writer,
      targetOffset: 7,
      values,
      ...(rows === undefined ? {} : { rows }),
    });
  } finally {
    closeSync(reader);
    closeSync(writer);
  }
  return readFileSync(output).subarray(7);
}

test.skipIf(!has).each([
  ['bf16', 'f32', everyWord],
  ['bf16', 'f16', everyWord],
  ['f32', 'f16', awkwardFloats()],
  ['f32', 'bf16', awkwardFloats()],
] as const)(`%s to %s gives the bits of the definition${without}`, async (from, to, source) => {
  const values = new Float32Array(planeBytes(row('f32'), source.length / row(from).planes[0]!.blockBytes) / 4);
  row(from).decode([source], values);
  const wanted = new Uint8Array(planeBytes(row(to), values.length));
  row(to).encode!(values, [wanted]);
  expect(Buffer.compare(await through(from, to, source, 24), Buffer.from(wanted))).toBe(0);
  // A length that no vector divides, from an odd place.
  const odd = source.subarray(0, source.length - 3 * row(from).planes[0]!.blockBytes);
  expect(Buffer.compare(await through(from, to, odd, 5), Buffer.from(wanted.subarray(0, wanted.length - 3 * row(to).planes[0]!.blockBytes)))).toBe(0);
});

test.skipIf(!has).each(['f32', 'f16', 'q4-k', 'q8-0'] as const)(`%s is copied as it is${without}`, async (format) => {
  const source = Uint8Array.from({ length: row(format).planes[0]!.blockBytes * 1001 }, (_, index) => (index * 31) & 0xff);
  expect(Buffer.compare(await through(format, format, source, 3), Buffer.from(source))).toBe(0);
});

/** Rows of whole blocks, each with bytes of its own. */
const rowsOf = (count: number, bytes: number): Uint8Array => Uint8Array.from({ length: count * bytes }, (_, at) => (at * 7 + (at >> 8) * 13) & 0xff);

test.skipIf(!has).each([
  ['bf16', 'bf16', 96, 5],
  ['q4-k', 'q4-k', 512, 3],
  ['f32', 'f32', 1, 1000],
  ['bf16', 'f16', 4096, 4], // a run is more than the addon's buffer
  ['bf16', 'f32', 24, 200], // many runs to a buffer
] as const)(`%s to %s, rows of %i values change places${without}`, async (from, to, length, runs) => {
  const order = Int32Array.from({ length: 32 }, (_, at) => (at * 5 + 3) % 32);
  const sizeOf = (key: NumberFormatKey): number => planeBytes(row(key), length);
  const source = rowsOf(order.length * runs, sizeOf(from));
  const plain = from === to ? source : new Uint8Array(await through(from, to, source, 0));
  const wanted = Buffer.concat(
    Array.from({ length: order.length * runs }, (_, at) => {
      const begin = (at - (at % order.length) + order[at % order.length]!) * sizeOf(to);
      return plain.subarray(begin, begin + sizeOf(to));
    }),
  );
  expect(Buffer.compare(await through(from, to, source, 9, { order, length }), wanted)).toBe(0);
});

test.skipIf(!has)(`an order that does not fit is refused before anything is written${without}`, () => {
  const move = transferOf('f32', 'f32')!;
  const run = { source: 0, sourceOffset: 0, target: 1, targetOffset: 0, values: 12 };
  const rows = (order: readonly number[], length: number) => move({ ...run, rows: { order: Int32Array.from(order), length } });
  return Promise.all([
    expect(rows([1, 0], 5)).rejects.toThrow(/divide/),
    expect(rows([], 1)).rejects.toThrow(/divide/),
    expect(rows([0, 2], 1)).rejects.toThrow(/row that is not there/),
    expect(rows([0, -1], 1)).rejects.toThrow(/row that is not there/),
  ]);
});

test.skipIf(!has)(`a source that ends, and a target that cannot be written, say so${without}`, async () => {
  const path = join(newFolder(), 'short');
  writeFileSync(path, Buffer.alloc(100));
  const [reader, writer] = [openSync(path, 'r'), openSync(join(newFolder(), 'out'), 'w')];
  const move = transferOf('bf16', 'f16')!;
  await expect(move({ source: reader, sourceOffset: 0, target: writer, targetOffset: 0, values: 51 })).rejects.toMatchObject({ code: 'malformed' });
  await expect(move({ source: reader, sourceOffset: 0, target: reader, targetOffset: 0, values: 8 })).rejects.toMatchObject({
    code: 'EBADF',
    writing: true,
  });
  closeSync(reader);
  closeSync(writer);
});

test.skipIf(!has)(`there is no way where JavaScript must do it${without}`, () => {
  expect(transferOf('f16', 'f32')).toBeUndefined(); // processors quieten its NaNs
  expect(transferOf('f32', 'q8-0')).toBeUndefined();
  expect(transferOf('int8-group-32', 'int8-group-32')).toBeUndefined();
});
