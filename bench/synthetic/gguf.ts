// The head of a GGUF v3 file as bytes: metadata and tensor rows. Tensor data follow it, each padded to `alignment`.

export const alignment = 32;

export interface TensorRow {
  readonly name: string;
  /** GGUF order: fastest first. */
  readonly extents: readonly number[];
  readonly ggufType: number;
  readonly bytes: number;
}

export type MetadataValue =
  | string
  | boolean
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly strings: readonly string[] }
  | { readonly i32s: readonly number[] };

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
};

/** A type id, then the value. */
function encodeValue(value: MetadataValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([u32(8), text(value)]);
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.of(value ? 1 : 0)]);
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ('f32' in value) return Buffer.concat([u32(6), Buffer.from(Float32Array.of(value.f32).buffer)]);
  if ('strings' in value) return Buffer.concat([u32(9), u32(8), u64(value.strings.length), ...value.strings.map(text)]);
  return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), Buffer.from(Int32Array.from(value.i32s).buffer)]);
}

export const padding = (bytes: number): number => (alignment - (bytes % alignment)) % alignment;

export function encodeHead(metadata: Readonly<Record<string, MetadataValue>>, tensors: readonly TensorRow[]): Buffer {
  const entries = Object.entries(metadata);
  const parts = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries) parts.push(text(key), encodeValue(value));
  let offset = 0;
  for (const { name, extents, ggufType, bytes } of tensors) {
    parts.push(text(name), u32(extents.length), ...extents.map(u64), u32(ggufType), u64(offset));
    offset += bytes + padding(bytes);
  }
  const head = Buffer.concat(parts);
  return Buffer.concat([head, Buffer.alloc(padding(head.length))]);
}
