// GGUF's key-value pairs: out of config fields, and out of what a user adds. What a file could not say, or must not, is a problem in words.
import type { Json, JsonObject } from '../../base/event.js';
import type { Checkpoint, Dialect } from '../../checkpoints/checkpoint.js';
import type { GgufValue } from '../../checkpoints/gguf-value.js';
import { readFields } from '../../families/read-fields.js';
import { readRope } from '../../families/read-rope.js';
import type { Model } from '../../families/model.js';
import { named, shown } from '../../text/quoted.js';

export type Metadata = ReadonlyMap<string, GgufValue>;

/** Whole numbers of each type, from the least to the greatest that a double holds exactly. */
const ranges = {
  u8: [0, 0xff],
  i8: [-0x80, 0x7f],
  u16: [0, 0xffff],
  i16: [-0x8000, 0x7fff],
  u32: [0, 0xffff_ffff],
  i32: [-0x8000_0000, 0x7fff_ffff],
  u64: [0, Number.MAX_SAFE_INTEGER],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;
type WholeType = keyof typeof ranges;
type NumberType = WholeType | 'f32' | 'f64';

const isWhole = (type: string): type is WholeType => Object.hasOwn(ranges, type);

function fits(value: unknown, type: NumberType): value is number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (!isWhole(type)) return type === 'f64' || (Number.isFinite(Math.fround(value)) && (value === 0 || Math.fround(value) !== 0));
  return Number.isInteger(value) && value >= ranges[type][0] && value <= ranges[type][1];
}

/** The narrowest type that files use for such numbers: counts are 32 bits without a sign, as llama.cpp reads them. */
const numberType = (values: readonly unknown[], order: readonly NumberType[]): NumberType | undefined =>
  order.find((type) => values.every((value) => fits(value, type)));

const scalarOrder = ['u32', 'i32', 'u64', 'i64', 'f32'] as const;
const arrayOrder = ['i32', 'i64', 'f32'] as const;

/** A JSON value as GGUF has it; undefined for null, objects, mixed lists and numbers that no type holds. */
function typed(value: Json | undefined, isFloat = false): GgufValue | undefined {
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'number') {
    const type = numberType([value], isFloat ? ['f32'] : scalarOrder);
    return type && { type, value };
  }
  if (!Array.isArray(value)) return undefined;
  const items = value as readonly Json[];
  if (items.every((each) => typeof each === 'string')) return { type: 'array', of: 'string', value: items as readonly string[] };
  if (items.every((each) => typeof each === 'boolean')) return { type: 'array', of: 'bool', value: items as readonly boolean[] };
  const of = numberType(items, arrayOrder);
  return of && { type: 'array', of, value: items as readonly number[] };
}

/** Config fields as pairs; what GGUF has no value for is left out. */
export const typedEntries = (object: JsonObject, prefix = '', floats: ReadonlySet<string> = new Set()): readonly (readonly [string, GgufValue])[] =>
  Object.entries(object).flatMap(([key, value]) => {
    const entry = typed(value, floats.has(key));
    return entry === undefined ? [] : [[prefix + key, entry] as const];
  });

/** Keys that say how the file is laid out, or what its tensors are. */
const ours = /^(general\.(architecture|alignment|file_type|quantization_version)$|split\.|llmx\.)/;

/** A value in place of one that stands there: of its type, and as long. */
function retyped(value: Json | undefined, there: GgufValue): GgufValue | undefined {
  if (there.type === 'bool') return typeof value === 'boolean' ? { type: 'bool', value } : undefined;
  if (there.type === 'string') return typeof value === 'string' ? { type: 'string', value } : undefined;
  if (there.type !== 'array') return fits(value, there.type) ? { type: there.type, value } : undefined;
  if (!Array.isArray(value) || value.length !== there.value.length) return undefined;
  const { of } = there;
  const fitsAll = (value as readonly unknown[]).every((each) =>
    of === 'bool' ? typeof each === 'boolean' : of === 'string' ? typeof each === 'string' : fits(each, of),
  );
  return fitsAll ? ({ type: 'array', of, value } as unknown as GgufValue) : undefined;
}

const tokenId: GgufValue = { type: 'u32', value: 0 };

const typeText = (there: GgufValue): string => (there.type === 'array' ? `${there.value.length} of ${there.of}` : there.type);

/** `planned` with keys added or replaced. */
export function withAdded(planned: Metadata, added: JsonObject): { readonly metadata: Metadata; readonly problems: readonly string[] } {
  const metadata = new Map(planned);
  const problems: string[] = [];
  for (const [key, value] of Object.entries(added)) {
    const there = planned.get(key) ?? (key.endsWith('_token_id') ? tokenId : undefined);
    const entry = there === undefined ? typed(value) : retyped(value, there);
    if (ours.test(key)) problems.push(`${named(key)} is for llmx to say`);
    else if (entry !== undefined) metadata.set(key, entry);
    else if (there !== undefined) problems.push(`${named(key)} is ${shown(value)}, expected ${typeText(there)}`);
    else problems.push(`${named(key)} is ${shown(value)}; GGUF takes texts, numbers, true, false, and lists of one of them`);
  }
  return { metadata, problems };
}

/** Sizes that tensors have: a file must not say others. */
const freeSizes: ReadonlySet<string> = new Set(['contextLength', 'normEpsilon', 'expertsPerToken']);

const plain = (value: GgufValue): Json => (typeof value.value === 'bigint' ? Number(value.value) : (value.value as Json));

/** Stands where an error names the file. */
const option = '--metadata';
const withoutOption = (problem: string): string => problem.replace(`${option}: `, '');

/** Whether a file with these pairs would still be this model. */
export async function contradictionsOf(
  model: Model,
  { dialect, architecture }: { readonly dialect: Dialect; readonly architecture: string },
  metadata: Metadata,
  added: JsonObject,
): Promise<readonly string[]> {
  const changed = Object.keys(added).filter((key) => key.startsWith(`${architecture}.`));
  if (changed.length === 0) return [];
  const config = Object.fromEntries([...metadata].filter(([key]) => !key.startsWith('tokenizer.')).map(([key, value]) => [key, plain(value)]));
  // Sizes alone are read: those that a file leaves out are the tensors'.
  const vocabulary = { [`${architecture}.vocab_size`]: model.h.vocabulary };
  const checkpoint: Checkpoint = {
    ...model.checkpoint,
    path: option,
    dialect,
    config: { ...vocabulary, ...config },
    tensors: new Map(),
  };
  const { h, refusals } = readFields(model.family, checkpoint);
  if (refusals.length > 0) return refusals.map(withoutOption);
  const others = (Object.keys(h) as (keyof typeof h)[]).filter((key) => !freeSizes.has(key) && h[key] !== model.h[key]);
  if (others.length > 0) return others.map((key) => `${key} would be ${h[key]}, and the tensors are of ${model.h[key]}`);
  const hasTables = model.rope !== undefined && ['longrope', 'divisors', 'llama3'].includes(model.rope.scaling.type);
  if (model.rope === undefined || hasTables || !changed.some((key) => key.includes('.rope.'))) return [];
  return readRope(checkpoint, h).then(
    ({ width }) => (width === model.rope!.width ? [] : [`the rotary width would be ${width}, and the tensors are of ${model.rope!.width}`]),
    (error: unknown) => [withoutOption((error as Error).message)],
  );
}
