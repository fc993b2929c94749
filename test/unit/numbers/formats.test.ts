// Every row of the table against vectors that an independent implementation made, and against its own error budget.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { numberFormatKeys, numberFormats } from '../../../src/core/numbers/index.js';
import { bitsOf, planeBytes, type NumberFormat } from '../../../src/core/numbers/number-format.js';

interface Fixture {
  readonly name: string;
  readonly ggufType: number;
  readonly blockLength: number;
  readonly blockBytes: number;
  readonly cases: readonly { readonly label: string; readonly bytes: string; readonly values: string }[];
  readonly encode?: readonly { readonly label: string; readonly bytes: string; readonly values: string }[];
}

const bytesFrom = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const floatsFrom = (text: string): Float32Array => new Float32Array(bytesFrom(text).buffer);

/** Index and both bit patterns of the first difference; two signalling NaNs are equal, since loads may quieten them. */
function firstDifference(actual: Float32Array, expected: Float32Array, anyNan: boolean): string | undefined {
  const [left, right] = [bitsOf(actual), bitsOf(expected)];
  for (let index = 0; index < right.length; index++) {
    if (left[index] === right[index]) continue;
    if (anyNan && Number.isNaN(actual[index]) && Number.isNaN(expected[index])) continue;
    return `[${index}] ${left[index]?.toString(16)} (${actual[index]}) is not ${right[index]!.toString(16)} (${expected[index]})`;
  }
  return undefined;
}

function roundTripError(format: NumberFormat): number {
  const wave = Float32Array.from({ length: 4096 }, (_, index) => 0.1 + 2 * Math.cos(index));
  const planes = format.planes.map((_, plane) => new Uint8Array(planeBytes(format, wave.length, plane)));
  format.encode!(wave, planes);
  const decoded = new Float32Array(wave.length);
  format.decode(planes, decoded);
  return Math.sqrt(wave.reduce((sum, value, index) => sum + (value - decoded[index]!) ** 2, 0) / wave.length);
}

for (const key of numberFormatKeys) {
  const format: NumberFormat = numberFormats[key];
  const path = new URL(`../../../fixtures/numbers/${key}.json`, import.meta.url);

  describe(format.name, () => {
    test(`has vectors in fixtures/numbers/${key}.json`, () => expect(existsSync(path)).toBe(true));
    if (!existsSync(path)) return;
    const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;

    test('states the layout of the vectors', () => {
      expect({ name: format.name, blockLength: format.blockLength, blockBytes: format.planes[0]!.blockBytes }).toEqual({ name: fixture.name, blockLength: fixture.blockLength, blockBytes: fixture.blockBytes });
      expect(format.ggufType).toBe(fixture.ggufType);
    });

    test.each(fixture.cases)('decodes $label', ({ label, bytes, values }) => {
      const expected = floatsFrom(values);
      const actual = new Float32Array(expected.length);
      format.decode([bytesFrom(bytes)], actual);
      expect(firstDifference(actual, expected, /signalling/.test(label))).toBeUndefined();
    });

    test('decodes bytes that start at an odd address', () => {
      const { bytes, values } = fixture.cases[0]!;
      const source = bytesFrom(bytes);
      const shifted = new Uint8Array(source.length + 1).subarray(1);
      shifted.set(source);
      const actual = new Float32Array(floatsFrom(values).length);
      format.decode([shifted], actual);
      expect(firstDifference(actual, floatsFrom(values), false)).toBeUndefined();
    });

    test.each(fixture.encode ?? [])('encodes $label', ({ bytes, values }) => {
      const expected = bytesFrom(bytes);
      const actual = new Uint8Array(expected.length);
      format.encode!(floatsFrom(values), [actual]);
      const at = expected.findIndex((byte, index) => byte !== actual[index]);
      expect(at < 0 ? undefined : `byte ${at} is ${actual[at]}, not ${expected[at]} (block ${Math.floor(at / fixture.blockBytes)})`).toBeUndefined();
    });

    test.runIf(format.encode !== undefined)('keeps a wave within its error budget', () => {
      const error = roundTripError(format);
      expect(error).toBeLessThanOrEqual(format.roundTripBudget);
      expect(format.roundTripBudget).toBeLessThanOrEqual(error * 1.5 + 1e-9); // a budget that says something
    });
  });
}
