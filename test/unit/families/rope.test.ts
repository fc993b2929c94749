// Rotary settings: frequencies as Transformers computes them for every scaling, and what a dialect writes reads back as the same.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import type { Hyperparameters } from '../../../src/core/blocks/block.js';
import { ropeFrequencies, ropeScale, type RopeSettings } from '../../../src/core/blocks/positions.js';
import type { Checkpoint, Dialect } from '../../../src/core/checkpoints/checkpoint.js';
import { readRope } from '../../../src/core/families/read-rope.js';
import { sameRope, writeRope } from '../../../src/core/families/write-rope.js';

interface Case {
  readonly label: string;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly sequence: number;
  readonly rope_parameters: JsonObject;
  readonly frequencies: readonly number[];
  readonly scale: number;
}
const { cases } = JSON.parse(readFileSync(new URL('../../../fixtures/positions.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[];
};

const sizesOf = ({ head_dim: headWidth, max_position_embeddings: contextLength }: Case): Hyperparameters =>
  ({ headWidth, contextLength }) as Hyperparameters;
const read = (dialect: Dialect, config: JsonObject, h: Hyperparameters): Promise<RopeSettings> =>
  readRope({ path: 'model', dialect, config, tensors: new Map() } as unknown as Checkpoint, h);

/** Transformers computes in float32: a handful of roundings of 2^-24 each. */
const tolerance = 1e-6;

describe.each(cases)('$label', (each) => {
  const h = sizesOf(each);
  const settings = read('huggingface', { rope_parameters: each.rope_parameters }, h);

  test('frequencies and the factor of cos and sin are those of Transformers', async () => {
    const frequencies = ropeFrequencies(await settings, each.sequence);
    expect(frequencies.length).toBe(each.frequencies.length);
    for (const [k, frequency] of each.frequencies.entries())
      expect(Math.abs(frequencies[k]! / frequency - 1), `frequency ${k}`).toBeLessThan(tolerance);
    expect(Math.abs(ropeScale(await settings) / each.scale - 1)).toBeLessThan(tolerance);
  });

  test('the older dialect says the same', async () => {
    const { rope_theta: base, partial_rotary_factor: part, rope_type: type, ...others } = each.rope_parameters;
    const config = { rope_theta: base!, rope_scaling: { type: type!, ...others }, ...(part === undefined ? {} : { partial_rotary_factor: part }) };
    expect(sameRope(await read('huggingface', config, h), await settings)).toBe(true);
  });

  test('what config.json is written with reads back', async () => {
    const { fields, refusals } = writeRope(await settings, h, 'huggingface');
    // Transformers' classes of these families turn all features, whatever the field says.
    if (each.rope_parameters['partial_rotary_factor'] !== undefined)
      return expect(refusals.join()).toMatch(/16 of 32 features|partial_rotary_factor/);
    expect(refusals).toEqual([]);
    expect(sameRope(await read('huggingface', fields, h), await settings)).toBe(true);
  });

  test('what GGUF is written with reads back, or is refused by name', async () => {
    const { fields, tensors, refusals } = writeRope(await settings, h, 'gguf');
    if (each.rope_parameters['truncate'] === false) return expect(refusals.join()).toMatch(/truncate = false/);
    expect(refusals).toEqual([]);
    if (tensors !== undefined) return expect([...tensors.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/^rope_/)]));
    const config = {
      'general.architecture': 'llama',
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`llama.${name}`, value])),
    };
    expect(sameRope(await read('gguf', config, h), await settings)).toBe(true);
  });
});

test('the older dialect stands in place of the newer where both are there, as to Transformers 5', async () => {
  const h = { headWidth: 64, contextLength: 2048 } as Hyperparameters;
  const linear = { type: 'linear', factor: 2 };
  const newer = { rope_parameters: { rope_type: 'default', rope_theta: 500 } };
  expect(await read('huggingface', { ...newer, rope_scaling: linear }, h)).toMatchObject({ base: 10000, scaling: { type: 'linear', factor: 2 } });
  expect(await read('huggingface', { ...newer, rope_scaling: linear, rope_theta: 77 }, h)).toMatchObject({ base: 77 });
  for (const nothing of [null, {}])
    expect(await read('huggingface', { ...newer, rope_scaling: nothing }, h)).toMatchObject({ base: 500, scaling: { type: 'default' } });
});

test('settings that differ in one thing are not the same', async () => {
  const h = { headWidth: 64, contextLength: 131072 } as Hyperparameters;
  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768, rope_theta: 1e6 };
  const long = {
    ...{ rope_type: 'longrope', original_max_position_embeddings: 4096, factor: 32 },
    ...{ short_factor: Array<number>(32).fill(1), long_factor: Array<number>(32).fill(4) },
  };
  const of = (rope_parameters: JsonObject): Promise<RopeSettings> => read('huggingface', { rope_parameters }, h);
  expect(sameRope(await of(yarn), await of({ ...yarn }))).toBe(true);
  for (const change of [{ factor: 2 }, { beta_fast: 16 }, { attention_factor: 1 }, { rope_theta: 1e5 }, { original_max_position_embeddings: 16384 }])
    expect(sameRope(await of(yarn), await of({ ...yarn, ...change })), JSON.stringify(change)).toBe(false);
  const changes = [
    { short_factor: Array<number>(32).fill(1.5) },
    { long_factor: Array<number>(32).fill(5) },
    { original_max_position_embeddings: 2048, attention_factor: ropeScale(await of(long)) },
    { factor: 8 },
  ];
  for (const change of changes) expect(sameRope(await of(long), await of({ ...long, ...change })), JSON.stringify(change)).toBe(false);
});
