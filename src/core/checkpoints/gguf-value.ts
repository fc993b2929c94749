// Typed values of GGUF's key-value pairs. Bytes of a string that are no UTF-8 stand as U+DC00 + byte (see gguf-text.ts).
type NumberType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'u64' | 'i64' | 'f64';
type Scalar =
  | { readonly type: NumberType; readonly value: number }
  /** Beyond what a double holds exactly. */
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string };
export type GgufValue =
  | Scalar
  | { readonly type: 'array'; readonly of: NumberType; readonly value: readonly number[] }
  | { readonly type: 'array'; readonly of: 'u64' | 'i64'; readonly value: readonly (number | bigint)[] }
  | { readonly type: 'array'; readonly of: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] };
