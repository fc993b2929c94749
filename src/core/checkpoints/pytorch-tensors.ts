// From the inert objects of a PyTorch pickle to tensors: storage, offset, sides and strides, checked against where the storage lies.
import { count, showShape } from '../base/shape.js';
import { LlmxError } from '../base/error.js';
import { named, quoted } from '../text/quoted.js';
import type { Tensor } from './checkpoint.js';
import { malformed } from './files.js';
import { isPickleGlobal, isPickleObject, isPickleReference, type PickleObject, type PickleValue } from './pickle/pickle-value.js';
import { dtypeByName, dtypeOfStorage, rebuildFromType, rebuildParameter, rebuildTensor, untypedStorage, type Dtype } from './pytorch-globals.js';

const mostSides = 64;

/** A storage as a pickle names it. */
export interface Storage {
  readonly key: string;
  /** Undefined where the storage is bytes. */
  readonly dtype: Dtype | undefined;
  readonly bytes: number;
}

/** Where the bytes of storages lie. Throws where a storage is not there, or not as long as the pickle says. */
export type PlaceStorage = (storage: Storage) => number;

/** What stands for a tensor, out of the wrappers that parameters and subclasses put around it; undefined for anything else. */
export function tensorObject(value: PickleValue | undefined): PickleObject | undefined {
  let inner = value;
  // Wrappers may name themselves; honest ones are two deep.
  for (let depth = 0; depth < 4 && isPickleObject(inner); depth++) {
    if (rebuildTensor.includes(inner.of)) return inner;
    if (rebuildParameter.includes(inner.of)) inner = inner.arguments[0];
    else if (rebuildFromType.includes(inner.of)) inner = calledByType(inner.arguments);
    else return undefined;
  }
  return undefined;
}

/** `_rebuild_from_type_v2(function, class, arguments, state)` stands for `function(*arguments)`. */
function calledByType([callee, , given]: readonly PickleValue[]): PickleObject | undefined {
  return isPickleGlobal(callee) && Array.isArray(given) ? { kind: 'object', of: callee.name, arguments: given } : undefined;
}

const isCount = (value: PickleValue | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Sides or strides: a tuple, or a torch.Size of one. */
function counts(value: PickleValue | undefined): readonly number[] | undefined {
  const list = isPickleObject(value) && value.of === 'torch.Size' ? value.arguments[0] : value;
  return Array.isArray(list) && list.length <= mostSides && list.every(isCount) ? list : undefined;
}

/** ('storage', class, key, location, elements[, view]). */
export function storageOf(path: string, id: PickleValue): Storage {
  const [kind, type, key, , elements, view = null] = Array.isArray(id) ? id : [];
  const keyText = isCount(key) ? String(key) : key;
  if (kind === 'module')
    throw new LlmxError(
      'unsupported',
      `${path}: a whole module, not its tensors`,
      'Save the state dict alone, with torch.save(model.state_dict(), path)',
    );
  if (kind !== 'storage' || !isPickleGlobal(type) || typeof keyText !== 'string' || !isCount(elements))
    throw malformed(path, 'the pickle names something outside that is no storage');
  if (view !== null)
    throw new LlmxError('unsupported', `${path}: the storage ${named(keyText)} is a view of another one`, 'Save it again with torch.save');
  const dtype = dtypeOfStorage(type.name);
  if (dtype === undefined && type.name !== untypedStorage) throw malformed(path, `the storage ${named(keyText)} is of ${type.name}`);
  const bytes = elements * (dtype?.bytes ?? 1);
  if (!Number.isSafeInteger(bytes)) throw malformed(path, `the storage ${named(keyText)} has ${elements} elements`);
  return { key: keyText, dtype, bytes };
}

/** True where elements follow one another row by row; strides of sides of 1 do not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let side = shape.length - 1; side >= 0; side--) {
    if (shape[side] === 1) continue;
    if (strides[side] !== expected) return false;
    expected *= shape[side]!;
  }
  return true;
}

/** A tensor, or its element type where llmx cannot decode that. */
export function readTensorObject(path: string, name: string, object: PickleObject, place: PlaceStorage): Tensor | string {
  const [reference, offset, size, stride] = object.arguments;
  const wrong = (problem: string): LlmxError => malformed(path, `${quoted(name)} ${problem}`);
  if (!isPickleReference(reference)) throw wrong('has no storage');
  const storage = storageOf(path, reference.id);
  const last = object.arguments.find((value) => isPickleGlobal(value) && dtypeByName(value.name) !== undefined);
  const dtype = (isPickleGlobal(last) ? dtypeByName(last.name) : undefined) ?? storage.dtype;
  if (dtype === undefined) throw wrong('has an untyped storage and no element type');
  const shape = counts(size);
  const strides = counts(stride);
  if (!isCount(offset) || shape === undefined || strides === undefined || shape.length !== strides.length)
    throw wrong(`has no sides and strides: at most ${mostSides} whole numbers each`);
  const length = count(shape) * dtype.bytes;
  const start = offset * dtype.bytes;
  if (!Number.isSafeInteger(length) || !Number.isSafeInteger(start)) throw wrong(`with shape ${showShape(shape)} has more values than any file`);
  const begin = place(storage);
  if (dtype.format === undefined) return dtype.name;
  if (length > 0 && !isContiguous(shape, strides))
    throw new LlmxError(
      'unsupported',
      `${path}: ${quoted(name)} with shape ${showShape(shape)} lies in strides of ${showShape(strides)} elements, not row by row`,
      'Save contiguous tensors: torch.save({k: v.contiguous() for k, v in model.state_dict().items()}, path)',
    );
  if (length > 0 && start + length > storage.bytes)
    throw wrong(`takes bytes ${start} to ${start + length} of the storage ${named(storage.key)}, which has ${storage.bytes}`);
  // A tensor without values lies nowhere; the storage's beginning is always inside the file.
  return { name, shape, format: dtype.format, planes: [{ file: path, offset: begin + (length > 0 ? start : 0), length }] };
}
