// Parts of tensors: exact moves, tables for 16 bits, memory that is used again.
import { expect, test } from 'vitest';
import { uniform } from '../../../../src/core/base/random.js';
import { createBuffers, freshMemory, type Scratch } from '../../../../src/core/jobs/convert/buffers.js';
import { decodePart, reform, type Part } from '../../../../src/core/jobs/convert/recode.js';
import { numberFormatKeys, numberFormats, type NumberFormatKey } from '../../../../src/core/numbers/index.js';
import { planeBytes, type NumberFormat } from '../../../../src/core/numbers/number-format.js';

/** Memory as a long conversion finds it: full of what was there before. */
const dirty = (): Scratch => {
  const buffers = createBuffers();
  const scratch = buffers.scratch();
  return {
    take(bytes) {
      const taken = scratch.take(bytes);
      taken.fill(0xa5);
      return taken;
    },
    release: () => scratch.release(),
  };
};

const row = (key: NumberFormatKey): NumberFormat => numberFormats[key];
const bytesOf = (seed: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => Math.floor(256 * uniform(seed, 1, index)));
const partOf = (format: NumberFormatKey, rows: number, columns: number): Part => ({
  format,
  rows,
  columns,
  planes: row(format).planes.map((_, plane) => bytesOf(plane + 1, planeBytes(row(format), rows * columns, plane))),
});

test('every 16-bit value becomes what decoding and encoding give', () => {
  const words = new Uint8Array(Uint16Array.from({ length: 0x10000 }, (_, word) => word).buffer);
  for (const [from, to] of [
    ['bf16', 'f16'],
    ['f16', 'bf16'],
  ] as const) {
    const made = reform({ format: from, planes: [words], rows: 256, columns: 256 }, [], to, dirty());
    const values = new Float32Array(0x10000);
    row(from).decode([words], values);
    const wanted = new Uint8Array(words.length);
    row(to).encode!(values, [wanted]);
    expect(made.planes[0]).toEqual(wanted);
  }
});

test.each(numberFormatKeys.filter((key) => row(key).encode !== undefined))('%s is written whole into memory that was used before', (format) => {
  const values = Float32Array.from({ length: 512 }, (_, index) => uniform(5, 2, index) - 0.5);
  const part: Part = { format: 'f32', planes: [new Uint8Array(values.buffer)], rows: 2, columns: 256 };
  expect(reform(part, [], format, dirty()).planes).toEqual(reform(part, [], format, freshMemory).planes);
});

test.each(['f32', 'f16', 'bf16'] as const)('a transposed %s keeps every bit, NaN payloads too', (format) => {
  const part = partOf(format, 37, 70);
  const there = reform(part, [{ kind: 'transpose' }], format, dirty());
  expect([there.rows, there.columns]).toEqual([70, 37]);
  expect(reform(there, [{ kind: 'transpose' }], format, dirty()).planes).toEqual(part.planes);
  const width = row(format).planes[0]!.blockBytes;
  // Row 5, column 9 of the source is row 9, column 5 of the result.
  const cell = (source: Part, at: number, column: number): Uint8Array => {
    const begin = (at * source.columns + column) * width;
    return source.planes[0]!.subarray(begin, begin + width);
  };
  expect(cell(there, 9, 5)).toEqual(cell(part, 5, 9));
});

test('blocks are decoded before they are transposed', () => {
  const values = Float32Array.from({ length: 64 * 32 }, (_, index) => Math.fround(uniform(2, 3, index) - 0.5));
  const blocks = reform({ format: 'f32', planes: [new Uint8Array(values.buffer)], rows: 64, columns: 32 }, [], 'q8-0', freshMemory);
  const made = reform(blocks, [{ kind: 'transpose' }], 'f32', dirty());
  const [plain, turned] = [decodePart(blocks, freshMemory), decodePart(made, freshMemory)];
  for (let at = 0; at < 64; at++) for (let column = 0; column < 32; column++) expect(turned[column * 64 + at]).toBe(plain[at * 32 + column]);
});

test.each(['f32', 'f16', 'q8-0', 'q4-0'] as const)('rows of %s move whole, and back', (format) => {
  const part = partOf(format, 16, 64);
  const order = [0, 4, 1, 5, 2, 6, 3, 7];
  const inverse = order.map((_, place) => order.indexOf(place));
  const there = reform(part, [{ kind: 'rows', order }], format, dirty());
  const bytes = planeBytes(row(format), 64);
  expect(there.planes[0]!.subarray(9 * bytes, 10 * bytes)).toEqual(part.planes[0]!.subarray(12 * bytes, 13 * bytes));
  expect(reform(there, [{ kind: 'rows', order: inverse }], format, dirty()).planes).toEqual(part.planes);
});
