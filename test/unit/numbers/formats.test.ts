// Every row of the table against vectors that an independent implementation made, and against its own error budget.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { numberFormatKeys, numberFormats } from '../../../src/core/numbers/index.js';
import { bitsOf, planeBytes, type NumberFormat } from '../../../src/core/numbers/number-format.js';

/** Encoded bytes: one plane, or several. */
type Encoded = { readonly bytes: string; readonly planes?: undefined } | { readonly bytes?: undefined; readonly planes: readonly string[] };
type Case = Encoded & { readonly label: string; readonly values: string };

interface Fixture {
  readonly name: string;
  readonly ggufType?: number;
  readonly blockLength: number;
  /** Bytes of a block, in each plane where there are several. */
  readonly blockBytes: number | readonly number[];
  readonly cases: readonly Case[];
  readonly encode?: readonly Case[];
}

const bytesFrom = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const floatsFrom = (text: string): Float32Array => new Float32Array(bytesFrom(text).buffer);
const planesOf = (given: Encoded): Uint8Array[] => (given.planes ?? [given.bytes]).map(bytesFrom);

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
      expect({ name: format.name, blockLength: format.blockLength, blockBytes: format.planes.map((plane) => plane.blockBytes) }).toEqual({
        name: fixture.name,
        blockLength: fixture.blockLength,
        blockBytes: [fixture.blockBytes].flat(),
      });
      expect(format.ggufType).toBe(fixture.ggufType);
    });

    test.each(fixture.cases)('decodes $label', (given) => {
      const expected = floatsFrom(given.values);
      const actual = new Float32Array(expected.length);
      format.decode(planesOf(given), actual);
      expect(firstDifference(actual, expected, /signalling/.test(given.label))).toBeUndefined();
    });

    test('decodes bytes that start at an odd address', () => {
      const given = fixture.cases[0]!;
      const shifted = planesOf(given).map((plane) => {
        const bytes = new Uint8Array(plane.length + 1).subarray(1);
        bytes.set(plane);
        return bytes;
      });
      const actual = new Float32Array(floatsFrom(given.values).length);
      format.decode(shifted, actual);
      expect(firstDifference(actual, floatsFrom(given.values), false)).toBeUndefined();
    });

    test.each(fixture.encode ?? [])('encodes $label', (given) => {
      const expected = planesOf(given);
      const actual = expected.map((plane) => new Uint8Array(plane.length));
      format.encode!(floatsFrom(given.values), actual);
      for (const [plane, bytes] of expected.entries()) {
        const at = bytes.findIndex((byte, index) => byte !== actual[plane]![index]);
        expect(
          at < 0
            ? undefined
            : `byte ${at} of plane ${plane} is ${actual[plane]![at]}, not ${bytes[at]} (block ${Math.floor(at / format.planes[plane]!.blockBytes)})`,
        ).toBeUndefined();
      }
    });

    test.runIf(format.encode !== undefined)('keeps a wave within its error budget', () => {
      const error = roundTripError(format);
      expect(error).toBeLessThanOrEqual(format.roundTripBudget);
      expect(format.roundTripBudget).toBeLessThanOrEqual(error * 1.5 + 1e-9); // a budget that says something
    });
  });
}
