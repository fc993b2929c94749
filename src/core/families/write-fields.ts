// A model's hyperparameters as config fields of a dialect. What changes the mathematics and has no name there is a refusal.
import type { Json, JsonObject } from '../base/event.js';
import type { Checkpoint, Dialect } from '../checkpoints/checkpoint.js';
import { placeOf } from '../checkpoints/json-floats.js';
import { shown } from '../text/quoted.js';
import type { FieldRow } from './family.js';
import type { Model } from './model.js';
import { namesOf, readFields } from './read-fields.js';
import { readRope } from './read-rope.js';
import { sameRope, writeRope } from './write-rope.js';

export interface WrittenFields {
  /** Without the architecture's prefix. Numbers that are whole in these fields are whole in the file. */
  readonly fields: JsonObject;
  /** Small tensors that hold settings, by name. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly refusals: readonly string[];
}

/** The shortest decimal that is the same float32: files that keep float32 say 9.99999974e-6 where 1e-5 was meant. */
export function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

const same = (left: number, right: number): boolean => left === right || Math.fround(left) === Math.fround(right);

/** What a number row writes: undefined where an absent field already says it. */
function numberField(
  row: Extract<FieldRow, { use: 'number' }>,
  { h, checkpoint }: Pick<Model, 'h' | 'checkpoint'>,
  dialect: Dialect,
): { value?: number; problem?: string } {
  const value = h[row.key];
  if (namesOf(row, dialect).length > 0) return { value: dialect === 'gguf' ? value : shortest(value) };
  const implied = row.default?.(h, dialect);
  if (row.optional === true || implied === undefined || same(implied, value)) return {};
  const name = namesOf(row, checkpoint.dialect)[0] ?? row.key;
  return { problem: `${name} is ${value}, ${dialect} has no field for it and means ${shown(implied)}` };
}

/** Fields of a Hugging Face config that say how positions turn. */
const ropeFields: ReadonlySet<string> = new Set(['rope_scaling', 'rope_parameters', 'partial_rotary_factor', 'original_max_position_embeddings']);

/** Fields that are float32 in GGUF though their value may be whole. */
export const ggufFloats: ReadonlySet<string> = new Set([
  'rope.freq_base',
  ...['factor', 'attn_factor', 'yarn_beta_fast', 'yarn_beta_slow'].map((name) => `rope.scaling.${name}`),
]);

/** Places of config.json whose numbers are fractions, whole or not. */
export const huggingfaceFloats: readonly string[] = [
  'rope_theta',
  'partial_rotary_factor',
  ...['factor', 'low_freq_factor', 'high_freq_factor', 'attention_factor', 'beta_fast', 'beta_slow'].map((name) => placeOf('rope_scaling', name)),
];

/** All fields of a dialect, from the model alone. */
export function writeFields({ family, h, bound, rope, checkpoint }: Model, dialect: Dialect): WrittenFields {
  const fields: Record<string, Json> = {};
  const refusals: string[] = [];
  const has = (role: string): boolean => bound.has(role);
  for (const row of family.fields) {
    const [name] = namesOf(row, dialect);
    if (row.use === 'number') {
      const { value, problem } = numberField(row, { h, checkpoint }, dialect);
      if (problem !== undefined) refusals.push(problem);
      else if (name !== undefined && value !== undefined) fields[name] = value;
    } else if (row.use === 'accept') {
      const [value] = row.values;
      if (name !== undefined && typeof value === 'string') fields[name] = value;
    } else if (row.use === 'derived') {
      const value = name === undefined ? undefined : row.value(h, has);
      if (name !== undefined && value !== undefined) fields[name] = value;
    }
  }
  const written = rope && writeRope(rope, h, dialect);
  return {
    fields: { ...fields, ...written?.fields },
    tensors: written?.tensors ?? new Map(),
    refusals: [...refusals, ...(written?.refusals ?? [])],
  };
}

/**
 * A Hugging Face config that was carried along, brought up to date: fields that already say what the model says stay as they are,
 * so that a round trip gives the file back. Undefined where it is of another family or cannot be read.
 */
export async function updateConfig(
  model: Model,
  carried: JsonObject,
): Promise<{ readonly config: JsonObject; readonly refusals: readonly string[] } | undefined> {
  const { family, h, bound, rope, checkpoint } = model;
  if (!(family.names.huggingface ?? []).includes(String(carried['model_type']))) return undefined;
  const source: Checkpoint = { ...checkpoint, config: carried, dialect: 'huggingface', format: checkpoint.format };
  const before = readFields(family, source);
  if (before.refusals.length > 0) return undefined;
  const fresh = writeFields(model, 'huggingface');
  const changed: Record<string, Json | undefined> = {};
  for (const row of family.fields) {
    const [name] = namesOf(row, 'huggingface');
    if (row.use === 'number' && name !== undefined && !same(before.h[row.key], h[row.key])) {
      const present = namesOf(row, 'huggingface').find((each) => carried[each] !== undefined) ?? name;
      changed[present] = fresh.fields[name];
    }
  }
  const tied = !bound.has('output.weight');
  if (carried['tie_word_embeddings'] !== undefined && carried['tie_word_embeddings'] !== tied) changed['tie_word_embeddings'] = tied;
  if (rope === undefined) return { config: { ...carried, ...changed }, refusals: [] };
  const old = await readRope(source, h).catch(() => undefined);
  if (old !== undefined && sameRope(old, rope)) return { config: { ...carried, ...changed }, refusals: [] };
  const others = Object.fromEntries(Object.entries(carried).filter(([name]) => !ropeFields.has(name)));
  const written = writeRope(rope, h, 'huggingface');
  return { config: { ...others, ...changed, ...written.fields }, refusals: written.refusals };
}
