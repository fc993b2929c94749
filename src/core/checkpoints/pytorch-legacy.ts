// PyTorch's form before 1.6: five pickles in a row, then the storages, each with its number of elements before it.
import { LlmxError } from '../base/error.js';
import { named } from '../text/quoted.js';
import { malformed, type ByteSource } from './files.js';
import type { PickleValue } from './pickle/pickle-value.js';
import { readPickle, type Pickle } from './pickle/read-pickle.js';
import { pytorchGlobals } from './pytorch-globals.js';
import { storageOf, type PlaceStorage, type Storage } from './pytorch-tensors.js';
import type { PytorchContainer } from './pytorch-zip.js';

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;
/** How much is read for a pickle whose length nothing tells; the last is the most that one may take. */
const windows = [1 << 16, 1 << 20, 1 << 24, 100_000_000];

/** The magic number as LONG1, behind PROTO and perhaps FRAME; or in decimal, as protocols 0 and 1 write it. */
export const isLegacyHead = (head: Uint8Array): boolean =>
  /^(?:\x80[\x02-\x05](?:\x95.{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19|L119547037146038801333356L)/s.test(
    Buffer.from(head).toString('latin1'),
  );

async function nextPickle(source: ByteSource, offset: number, field: string): Promise<Pickle> {
  const left = source.size - offset;
  for (const window of windows) {
    const bytes = await source.read(offset, Math.min(window, left), field);
    const pickle = readPickle(source.path, bytes, pytorchGlobals, offset);
    if (pickle !== undefined) return pickle;
    if (window >= left) throw malformed(source.path, `the file ends inside ${field}`);
  }
  throw malformed(source.path, `${field} takes more than ${windows.at(-1)} bytes`);
}

function checkSystem(path: string, system: PickleValue): void {
  if (!(system instanceof Map)) throw malformed(path, 'what should tell its byte order is no dict');
  const little = system.get('little_endian');
  if (little === false)
    throw new LlmxError('unsupported', `${path}: its numbers are big-endian`, 'Load and save it again on a little-endian machine');
  if (little !== true) throw malformed(path, 'its byte order is missing');
}

/** Every storage that the pickle names, once, with its bytes: the sizes of what follows. */
function storagesOf(path: string, references: readonly PickleValue[]): ReadonlyMap<string, Storage> {
  const storages = new Map<string, Storage>();
  for (const id of references) {
    const storage = storageOf(path, id);
    const known = storages.get(storage.key);
    if (known !== undefined && known.bytes !== storage.bytes)
      throw malformed(path, `the storage ${named(storage.key)} has ${known.bytes} bytes, and ${storage.bytes} elsewhere in the pickle`);
    if (known === undefined) storages.set(storage.key, storage);
  }
  return storages;
}

/** Where each storage lies. They follow one another in the order of the keys to the file's end. */
async function placeStorages(
  source: ByteSource,
  keys: PickleValue,
  storages: ReadonlyMap<string, Storage>,
  start: number,
): Promise<ReadonlyMap<string, number>> {
  const { path, size } = source;
  if (!Array.isArray(keys)) throw malformed(path, 'the keys of its storages are no list');
  const places = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if ((typeof key !== 'string' && typeof key !== 'number') || storage === undefined || places.has(storage.key))
      throw malformed(path, 'the keys of its storages are not those of its pickle');
    const width = storage.dtype?.bytes ?? 1;
    const elements = new DataView((await source.read(at, 8, `the length of the storage ${named(storage.key)}`)).buffer).getBigInt64(0, true);
    if (elements * BigInt(width) !== BigInt(storage.bytes))
      throw malformed(path, `the storage ${named(storage.key)} has ${elements} elements, the pickle says ${storage.bytes / width}`);
    places.set(storage.key, at + 8);
    at += 8 + storage.bytes;
    if (at > size) throw malformed(path, `the storage ${named(storage.key)} ends at byte ${at}, the file has ${size}`);
  }
  if (at !== size) throw malformed(path, `its storages end at byte ${at}, the file has ${size}`);
  return places;
}

export async function readLegacyContainer(source: ByteSource): Promise<PytorchContainer> {
  const { path } = source;
  let at = 0;
  const next = async (field: string): Promise<Pickle> => {
    const pickle = await nextPickle(source, at, field);
    at += pickle.length;
    return pickle;
  };
  if ((await next('its magic number')).value !== magicNumber) throw malformed(path, 'its magic number is another');
  const { value: version } = await next('its version');
  if (version !== protocolVersion)
    throw new LlmxError('unsupported', `${path}: its version is not ${protocolVersion}`, 'Save it again with torch.save');
  checkSystem(path, (await next('its byte order')).value);
  const { value, references } = await next('its pickle');
  const { value: keys } = await next('the keys of its storages');
  const places = await placeStorages(source, keys, storagesOf(path, references), at);
  const place: PlaceStorage = ({ key }) => {
    const offset = places.get(key);
    if (offset === undefined) throw malformed(path, `the storage ${named(key)} is missing`);
    return offset;
  };
  return { value, place };
}
