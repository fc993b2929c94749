// What the header of a checkpoint says, whether llmx can run it or not. Reads nothing.
import { LlmxError } from '../base/error.js';
import type { Json } from '../base/event.js';
import { count } from '../base/shape.js';
import type { Hyperparameters } from '../blocks/block.js';
import type { Checkpoint, Tensor } from '../checkpoints/checkpoint.js';
import type { Family, FieldRow } from '../families/family.js';
import { architectureOf, families, familyKeys, familyOf } from '../families/index.js';
import { configPrefix, readFields } from '../families/read-fields.js';
import { numberFormats } from '../numbers/index.js';
import type { TokenizerSource } from '../text/tokenizer.js';

/** One number format of a checkpoint: how many tensors and values it holds. */
export interface FormatUse {
  readonly dtype: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly bits_per_weight: number;
}

export interface TensorFacts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly bits_per_weight: number;
  readonly file: string;
  readonly offset: number;
}

export interface TokenizerFacts {
  readonly kind: string;
  readonly vocabulary: number;
  readonly merges?: number;
  readonly pre_tokenizer?: string;
  readonly add_bos?: boolean;
  readonly add_eos?: boolean;
}

export type Sizes = Partial<Readonly<Record<keyof Hyperparameters, number>>>;

export const tensorBytes = ({ planes }: Tensor): number => planes.reduce((sum, { length }) => sum + length, 0);
const bits = (bytes: number, values: number): number => (values === 0 ? 0 : (bytes * 8) / values);

/** A tensor of no axes holds one value. */
export function tensorFacts(tensor: Tensor): TensorFacts {
  const { name, shape, format, planes } = tensor;
  const [parameters, bytes] = [count(shape), tensorBytes(tensor)];
  return {
    name,
    shape,
    dtype: numberFormats[format].name,
    parameters,
    bytes,
    bits_per_weight: bits(bytes, parameters),
    file: planes[0]!.file,
    offset: planes[0]!.offset,
  };
}

/** Number formats by the bytes that they take, the largest first. */
export function formatUses({ tensors }: Checkpoint): readonly FormatUse[] {
  const uses = new Map<string, FormatUse>();
  for (const { dtype, parameters, bytes } of [...tensors.values()].map(tensorFacts)) {
    const old = uses.get(dtype) ?? { tensors: 0, parameters: 0, bytes: 0 };
    const [allValues, allBytes] = [old.parameters + parameters, old.bytes + bytes];
    uses.set(dtype, { dtype, tensors: old.tensors + 1, parameters: allValues, bytes: allBytes, bits_per_weight: bits(allBytes, allValues) });
  }
  return [...uses.values()].sort((left, right) => right.bytes - left.bytes);
}

/** Tensors that llmx cannot decode, by the file's own name of their type; their sizes are unknown here. */
export function skippedUses({ skipped }: Checkpoint): readonly { readonly dtype: string; readonly tensors: number }[] {
  const uses = new Map<string, number>();
  for (const type of skipped.values()) uses.set(type, (uses.get(type) ?? 0) + 1);
  return [...uses].map(([dtype, tensors]) => ({ dtype, tensors }));
}

/** The checkpoint's own word for its architecture, or null where it names none. */
export function architectureName(checkpoint: Checkpoint): string | null {
  try {
    return architectureOf(checkpoint);
  } catch (thrown) {
    if (thrown instanceof LlmxError) return null;
    throw thrown;
  }
}

function firstNumber(row: FieldRow, { config, dialect }: Checkpoint, prefix: string): number | undefined {
  const names = row.names[dialect];
  const values = (typeof names === 'string' ? [names] : (names ?? [])).map((name): Json | undefined => config[prefix + name]);
  return values.find((value) => typeof value === 'number');
}

/** Sizes by every name that any family has for them: right for most of the architectures that llmx cannot run. */
function guessSizes(checkpoint: Checkpoint): Sizes {
  const prefix = configPrefix(checkpoint);
  const found: { -readonly [K in keyof Hyperparameters]?: number } = {};
  for (const row of familyKeys.flatMap((key) => (families[key] as Family).fields)) {
    if (row.use !== 'number') continue;
    const value = firstNumber(row, checkpoint, prefix);
    if (value !== undefined) found[row.key] ??= value;
  }
  return found;
}

/** Hyperparameters that are not zero. */
export function sizesOf(checkpoint: Checkpoint): Sizes {
  let sizes: Sizes;
  try {
    sizes = readFields(familyOf(checkpoint).family, checkpoint).h;
  } catch (thrown) {
    if (!(thrown instanceof LlmxError)) throw thrown;
    sizes = guessSizes(checkpoint);
  }
  return Object.fromEntries(Object.entries(sizes).filter(([, value]) => value > 0));
}

export function tokenizerFacts(source: TokenizerSource): TokenizerFacts {
  if (source.kind === 'tokenizer-json') {
    const { model, added_tokens: added } = source.tokenizer as {
      readonly model?: { readonly type?: string; readonly vocab?: object; readonly merges?: readonly Json[] };
      readonly added_tokens?: readonly { readonly id?: number }[];
    };
    const vocabulary = Math.max(Object.keys(model?.vocab ?? {}).length, ...(added ?? []).map(({ id }) => (id ?? -1) + 1));
    return {
      kind: `${source.kind} (${model?.type ?? 'no model type'})`,
      vocabulary,
      ...(model?.merges === undefined ? {} : { merges: model.merges.length }),
    };
  }
  const { addBos, addEos } = source.special;
  return {
    kind: source.kind,
    vocabulary: source.pieces.length,
    ...(source.kind === 'byte-bpe' ? { merges: source.merges.length, pre_tokenizer: source.preTokenizer } : {}),
    add_bos: addBos,
    add_eos: addEos,
  };
}
