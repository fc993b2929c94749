// TensorProto's data types: their numbers, ONNX's spellings, bytes of a value, and the number format of those that hold weights.
import type { NumberFormatKey } from '../../numbers/index.js';

interface DataType {
  readonly id: number;
  /** Whole values that lie one after another as `raw_data`; undefined for types that pack several in a byte, and for strings. */
  readonly bytes?: number;
  readonly format?: NumberFormatKey;
}

export const dataTypes = {
  FLOAT: { id: 1, bytes: 4, format: 'f32' },
  UINT8: { id: 2, bytes: 1 },
  INT8: { id: 3, bytes: 1 },
  UINT16: { id: 4, bytes: 2 },
  INT16: { id: 5, bytes: 2 },
  INT32: { id: 6, bytes: 4 },
  INT64: { id: 7, bytes: 8 },
  STRING: { id: 8 },
  BOOL: { id: 9, bytes: 1 },
  FLOAT16: { id: 10, bytes: 2, format: 'f16' },
  DOUBLE: { id: 11, bytes: 8 },
  UINT32: { id: 12, bytes: 4 },
  UINT64: { id: 13, bytes: 8 },
  COMPLEX64: { id: 14, bytes: 8 },
  COMPLEX128: { id: 15, bytes: 16 },
  BFLOAT16: { id: 16, bytes: 2, format: 'bf16' },
  FLOAT8E4M3FN: { id: 17, bytes: 1 },
  FLOAT8E4M3FNUZ: { id: 18, bytes: 1 },
  FLOAT8E5M2: { id: 19, bytes: 1 },
  FLOAT8E5M2FNUZ: { id: 20, bytes: 1 },
  UINT4: { id: 21 },
  INT4: { id: 22 },
  FLOAT4E2M1: { id: 23 },
  FLOAT8E8M0: { id: 24, bytes: 1 },
  UINT2: { id: 25 },
  INT2: { id: 26 },
} as const satisfies Record<string, DataType>;

export type DataTypeName = keyof typeof dataTypes;

const byId = new Map<number, DataTypeName>(Object.entries(dataTypes).map(([name, { id }]) => [id, name as DataTypeName]));

/** Undefined for numbers that ONNX does not know yet. */
export const dataTypeName = (id: number): DataTypeName | undefined => byId.get(id);

export const numberFormatOf = (name: DataTypeName): NumberFormatKey | undefined => (dataTypes[name] as DataType).format;

/** The data type that stores a number format. */
export const dataTypeOf = (format: NumberFormatKey): DataTypeName | undefined =>
  (Object.keys(dataTypes) as DataTypeName[]).find((name) => numberFormatOf(name) === format);
