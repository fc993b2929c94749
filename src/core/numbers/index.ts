// The table of number formats. A row's key is its file's stem; users read and write the row's name, in any case.
import { bf16 } from './bf16.js';
import { f16 } from './f16.js';
import { f32 } from './f32.js';
import { int8_group_32 } from './int8-group-32.js';
import { int8_group_64 } from './int8-group-64.js';
import { mlxAffine } from './mlx-affine.js';
import type { NumberFormat } from './number-format.js';
import { q4_0 } from './q4-0.js';
import { q4_k } from './q4-k.js';
import { q6_k } from './q6-k.js';
import { q8_0 } from './q8-0.js';

export const numberFormats = {
  f32,
  f16,
  bf16,
  'q4-0': q4_0,
  'q8-0': q8_0,
  'q4-k': q4_k,
  'q6-k': q6_k,
  'int8-group-32': int8_group_32,
  'int8-group-64': int8_group_64,
  ...mlxAffine,
} as const satisfies Record<string, NumberFormat>;

export type NumberFormatKey = keyof typeof numberFormats;
export const numberFormatKeys = Object.keys(numberFormats) as readonly NumberFormatKey[];

const keyBy = <Field extends string | number>(field: (format: NumberFormat) => Field | undefined): ReadonlyMap<Field, NumberFormatKey> =>
  new Map(
    numberFormatKeys.flatMap((key) => {
      const value = field(numberFormats[key]);
      return value === undefined ? [] : [[value, key] as const];
    }),
  );

const byGgufType = keyBy((format) => format.ggufType);
const bySafetensors = keyBy((format) => format.safetensors);
const byName = keyBy((format) => format.name.toLowerCase());

/** By ggml's type id. */
export const numberFormatByGgufType = (id: number): NumberFormatKey | undefined => byGgufType.get(id);
/** By the dtype of a safetensors header, in its exact spelling. */
export const numberFormatBySafetensors = (name: string): NumberFormatKey | undefined => bySafetensors.get(name);
/** By the name that users write; ignores case. */
export const numberFormatByName = (name: string): NumberFormatKey | undefined => byName.get(name.toLowerCase());
