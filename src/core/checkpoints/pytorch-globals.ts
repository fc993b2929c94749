// What may stand in a PyTorch pickle: the element types with their storages, and the functions that rebuild tensors. Plain data.
import type { NumberFormatKey } from '../numbers/index.js';
import { globalNames, pythonGlobals } from './pickle/pickle-globals.js';
import type { GlobalTable } from './pickle/pickle-value.js';

/** An element type of PyTorch. */
export interface Dtype {
  /** Without `torch.`: `bfloat16`. */
  readonly name: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Where llmx decodes it. */
  readonly format?: NumberFormatKey;
  /** The class that spells it in a pickle: `torch.HalfStorage`. Newer element types have none and stand beside an untyped storage. */
  readonly storage?: string;
}

const dtypes: readonly Dtype[] = [
  { name: 'float32', bytes: 4, format: 'f32', storage: 'FloatStorage' },
  { name: 'float16', bytes: 2, format: 'f16', storage: 'HalfStorage' },
  { name: 'bfloat16', bytes: 2, format: 'bf16', storage: 'BFloat16Storage' },
  { name: 'float64', bytes: 8, storage: 'DoubleStorage' },
  { name: 'int64', bytes: 8, storage: 'LongStorage' },
  { name: 'int32', bytes: 4, storage: 'IntStorage' },
  { name: 'int16', bytes: 2, storage: 'ShortStorage' },
  { name: 'int8', bytes: 1, storage: 'CharStorage' },
  { name: 'uint8', bytes: 1, storage: 'ByteStorage' },
  { name: 'bool', bytes: 1, storage: 'BoolStorage' },
  { name: 'complex64', bytes: 8, storage: 'ComplexFloatStorage' },
  { name: 'complex128', bytes: 16, storage: 'ComplexDoubleStorage' },
  { name: 'uint16', bytes: 2 },
  { name: 'uint32', bytes: 4 },
  { name: 'uint64', bytes: 8 },
  { name: 'float8_e4m3fn', bytes: 1 },
  { name: 'float8_e5m2', bytes: 1 },
  { name: 'float8_e4m3fnuz', bytes: 1 },
  { name: 'float8_e5m2fnuz', bytes: 1 },
  { name: 'float8_e8m0fnu', bytes: 1 },
  { name: 'float4_e2m1fn_x2', bytes: 1 },
];

export const untypedStorage = 'torch.storage.UntypedStorage';

const byStorage: ReadonlyMap<string, Dtype> = new Map(
  dtypes.flatMap((dtype) => (dtype.storage === undefined ? [] : [[`torch.${dtype.storage}`, dtype] as const])),
);
const byName: ReadonlyMap<string, Dtype> = new Map(dtypes.map((dtype) => [`torch.${dtype.name}`, dtype]));
const byFormat: ReadonlyMap<NumberFormatKey, Dtype> = new Map(
  dtypes.flatMap((dtype) => (dtype.format === undefined ? [] : [[dtype.format, dtype] as const])),
);

/** Of a storage class as it stands in a pickle; undefined for the untyped one, whose elements are bytes. */
export const dtypeOfStorage = (name: string): Dtype | undefined => byStorage.get(name);
/** Of `torch.float8_e4m3fn` and the like. */
export const dtypeByName = (name: string): Dtype | undefined => byName.get(name);
export const dtypeOfFormat = (format: NumberFormatKey): Dtype | undefined => byFormat.get(format);

/** Functions that give a tensor, by what their first arguments are. */
export const rebuildTensor = ['torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor_v3'];
/** (tensor, ...) */
export const rebuildParameter = ['torch._utils._rebuild_parameter', 'torch._utils._rebuild_parameter_with_state', 'torch.nn.parameter.Parameter'];
/** (function, class, arguments, state) */
export const rebuildFromType = ['torch._tensor._rebuild_from_type_v2', 'torch._tensor._rebuild_from_type'];

export const pytorchGlobals: GlobalTable = new Map([
  ...pythonGlobals,
  ...[...byStorage.keys(), ...byName.keys(), untypedStorage, 'torch.Tensor'].map((name) => [name, 'name'] as const),
  ...[...rebuildTensor, ...rebuildParameter, ...rebuildFromType].map((name) => [name, 'object'] as const),
  ...globalNames('object', 'torch.Size torch.device'),
]);
