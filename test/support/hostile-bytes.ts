// Bytes of checkpoints by hand, so that tests can lie in any field. The honest forms are small and complete.

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
export const i32 = (value: number): Buffer => u32(value);
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
};
export const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u64(bytes.length), bytes]);
};
export const floats = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, (_, index) => f32(Math.sin(index))));

/** GGUF metadata type ids. */
export const type = { u8: 0, i8: 1, u16: 2, i16: 3, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10, i64: 11, f64: 12 } as const;

export const pair = (key: string | Buffer, id: number, value: Buffer): Buffer => Buffer.concat([text(key), u32(id), value]);
export const array = (id: number, count: number | bigint, ...elements: Buffer[]): Buffer => Buffer.concat([u32(id), u64(count), ...elements]);
export const entry = (name: string | Buffer, sides: readonly (number | bigint)[], ggmlType: number, offset: number | bigint): Buffer =>
  Buffer.concat([text(name), u32(sides.length), ...sides.map(u64), u32(ggmlType), u64(offset)]);

export interface GgufParts {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly pairCount?: number | bigint;
  readonly pairs?: readonly Buffer[];
  readonly entries?: readonly Buffer[];
  readonly data?: Buffer;
  readonly alignment?: number;
}

export function ggufBytes(parts: GgufParts): Buffer {
  const { magic = 'GGUF', version = 3, pairs = [], entries = [], data = Buffer.alloc(0), alignment = 32 } = parts;
  const front = Buffer.concat([
    Buffer.from(magic, 'latin1'),
    u32(version),
    u64(parts.tensorCount ?? entries.length),
    u64(parts.pairCount ?? pairs.length),
    ...pairs,
    ...entries,
  ]);
  return Buffer.concat([front, Buffer.alloc((alignment - (front.length % alignment)) % alignment), data]);
}

const vocabulary = ['<unk>', '<s>', '</s>', '▁a', 'b'];
export const vocabularyPairs: readonly Buffer[] = [
  pair('tokenizer.ggml.model', type.string, text('llama')),
  pair('tokenizer.ggml.tokens', type.array, array(type.string, 5, ...vocabulary.map(text))),
  pair('tokenizer.ggml.scores', type.array, array(type.f32, 5, ...[0, 0, 0, -1, -2].map(f32))),
  pair('tokenizer.ggml.token_type', type.array, array(type.i32, 5, ...[2, 3, 3, 1, 1].map(i32))),
];

/** Every metadata type, a vocabulary, tensors of three types (one that llmx cannot decode). */
export const honestGgufParts = {
  pairs: [
    pair('general.architecture', type.string, text('llama')),
    pair('x.u8', type.u8, Buffer.from([200])),
    pair('x.i8', type.i8, Buffer.from([0x80])),
    pair('x.u16', type.u16, Buffer.from([0xff, 0xff])),
    pair('x.i16', type.i16, Buffer.from([0xff, 0xff])),
    pair('x.u32', type.u32, u32(0xffffffff)),
    pair('x.i32', type.i32, i32(-7)),
    pair('x.f32', type.f32, f32(0.5)),
    pair('x.bool', type.bool, Buffer.from([1])),
    pair('x.u64', type.u64, u64(2n ** 40n)),
    pair('x.wide', type.u64, u64(2n ** 64n - 1n)),
    pair('x.i64', type.i64, u64(-3)),
    pair('x.f64', type.f64, Buffer.from(Float64Array.of(0.1).buffer)),
    pair('x.array', type.array, array(type.u16, 3, Buffer.from([1, 0, 2, 0, 3, 0]))),
    ...vocabularyPairs,
  ],
  entries: [entry('a.weight', [32, 2], 0, 0), entry('b.weight', [32], 8, 256), entry('c.weight', [256], 16, 320)],
  data: Buffer.concat([floats(64), Buffer.alloc(34, 3), Buffer.alloc(30), Buffer.alloc(66)]),
} as const satisfies GgufParts;

export type SafetensorsEntry = { readonly dtype?: unknown; readonly shape?: unknown; readonly data_offsets?: unknown };

/** A safetensors file of any header text (or object) and data. */
export function safetensorsBytes(header: string | Buffer | Record<string, unknown>, data: Buffer, length?: number | bigint): Buffer {
  const json = typeof header === 'string' || Buffer.isBuffer(header) ? Buffer.from(header as string) : Buffer.from(JSON.stringify(header));
  return Buffer.concat([u64(length ?? json.length), json, data]);
}

export const honestSafetensorsHeader = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [2, 4], data_offsets: [0, 32] },
  b: { dtype: 'BF16', shape: [3], data_offsets: [32, 38] },
  mask: { dtype: 'BOOL', shape: [2], data_offsets: [38, 40] },
  scalar: { dtype: 'F32', shape: [], data_offsets: [40, 44] },
  empty: { dtype: 'F32', shape: [0, 4], data_offsets: [44, 44] },
} as const;
export const honestSafetensorsData = Buffer.concat([floats(8), Buffer.alloc(6, 0x3f), Buffer.from([1, 0]), f32(7)]);

export interface Llama2cFields {
  readonly dim: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly vocabulary: number;
  readonly context: number;
}
export const honestLlama2c: Llama2cFields = { dim: 64, hidden: 64, layers: 2, heads: 4, keyHeads: 2, vocabulary: 5, context: 8 };

const integers = (fields: Llama2cFields): Buffer =>
  Buffer.concat([fields.dim, fields.hidden, fields.layers, fields.heads, fields.keyHeads, fields.vocabulary, fields.context].map(i32));

/** A llama2.c file: float32 counts up through the data, so that a tensor's first value tells where it lies. */
export function llama2cBytes(
  version: 0 | 1 | 2,
  fields: Llama2cFields,
  options: { readonly shared?: boolean; readonly group?: number; readonly magic?: number; readonly versionField?: number } = {},
): Buffer {
  const { dim, hidden, layers, heads, keyHeads, context } = fields;
  const { shared = true, group = 64 } = options;
  const size = Math.abs(fields.vocabulary);
  const matrices = layers * (2 * dim * dim + 2 * dim * (dim / heads) * keyHeads + 3 * dim * hidden) + size * dim * (shared ? 1 : 2);
  const norms = (2 * layers + 1) * dim;
  const counting = (count: number): Buffer => Buffer.from(Float32Array.from({ length: count }, (_, index) => index).buffer);
  if (version === 0)
    return Buffer.concat([integers({ ...fields, vocabulary: shared ? size : -size }), counting(matrices + norms + context * (dim / heads))]);
  const head = Buffer.alloc(256);
  Buffer.concat([
    u32(options.magic ?? 0x616b3432),
    i32(options.versionField ?? version),
    integers(fields),
    Buffer.from([shared ? 1 : 0]),
    i32(version === 2 ? group : 0),
  ]).copy(head);
  if (version === 1) return Buffer.concat([head, counting(norms + matrices)]);
  return Buffer.concat([head, counting(norms), Buffer.alloc(matrices + (matrices / group) * 4, 1)]);
}

/** A tokenizer of llama2.c with `count` pieces. */
export const llama2cTokenizerBytes = (count: number): Buffer =>
  Buffer.concat([
    i32(6),
    ...Array.from({ length: count }, (_, id) => {
      const piece = Buffer.from(id < 3 ? ['<unk>', '\n<s>\n', '</s>'][id]! : String.fromCharCode(97 + (id % 26)));
      return Buffer.concat([f32(-id), i32(piece.length), piece]);
    }),
  ]);
