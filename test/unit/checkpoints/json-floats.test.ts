// 1.0 stays 1.0: where JSON says so, and in what is written again.
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import { floatPlaces, jsonText, placeOf } from '../../../src/core/checkpoints/json-floats.js';

const text = `{
  "a": 1.0,
  "b": 1,
  "c": [1, 2.0, {"d": -3e0, "\\u0065 \\"": 4.00, "f": 0.5}],
  "g": {"h": {"i": 1E2}, "j": "1.0", "k": null},
  "l": [[1.0], []]
}`;

test('whole numbers that are written as fractions are found by their places', () => {
  expect([...floatPlaces(text)]).toEqual(
    [['a'], ['c', 1], ['c', 2, 'd'], ['c', 2, 'e "'], ['g', 'h', 'i'], ['l', 0, 0]].map((steps) => placeOf(...steps)),
  );
  expect(floatPlaces('{"a": [1.0').size).toBe(1);
  expect(floatPlaces('').size).toBe(0);
});

test('what is written is JSON as it was, points among it', () => {
  const value = JSON.parse(text) as JsonObject;
  expect(jsonText(value, new Set())).toBe(JSON.stringify(value, undefined, 2));
  const written = jsonText(value, floatPlaces(text));
  expect(JSON.parse(written)).toEqual(value);
  expect([...floatPlaces(written)]).toEqual([...floatPlaces(text)]);
  expect(written).toContain('"a": 1.0,\n  "b": 1,');
  expect(jsonText({ big: 1e21, none: undefined, empty: {} } as unknown as JsonObject, new Set(['big']))).toBe('{\n  "big": 1e+21,\n  "empty": {}\n}');
});
