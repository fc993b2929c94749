// PyTorch's zip form (1.6 and later): data.pkl, and each storage an entry of its own. What the pickle means is not known here.
import { LlmxError } from '../base/error.js';
import { named, quoted } from '../text/quoted.js';
import { malformed, type ByteSource } from './files.js';
import { readPickle, type Pickle } from './pickle/read-pickle.js';
import { pytorchGlobals } from './pytorch-globals.js';
import type { PlaceStorage } from './pytorch-tensors.js';
import { checkStored, readZip, readZipEntry, type ZipEntry } from './zip/read-zip.js';

const longestPickle = 100_000_000;
const longestNote = 64;
const newestVersion = 10;

/** What a PyTorch file holds: the value of its pickle, and where the storages that it names lie. */
export interface PytorchContainer extends Pick<Pickle, 'value'> {
  readonly place: PlaceStorage;
}

type Entries = ReadonlyMap<string, ZipEntry>;

/** What every entry's name begins with: the folder of data.pkl. */
function findPrefix(path: string, entries: Entries): string {
  const names = [...entries.keys()];
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (names.some((name) => /^[^/]+\/(constants\.pkl|code\/.*)$/.test(name)))
    throw new LlmxError(
      'unsupported',
      `${path}: a TorchScript program, not a state dict`,
      'Save the state dict: torch.save(torch.jit.load(path).state_dict(), other)',
    );
  if (pickles.length === 0)
    throw new LlmxError('unsupported', `${path}: a zip archive without data.pkl, so not a PyTorch file`, 'Unpack it if the model lies inside');
  if (pickles.length > 1) throw malformed(path, `${pickles.length} entries named data.pkl`);
  return pickles[0]!.slice(0, -'data.pkl'.length);
}

/** The text of a small entry, undefined where there is none. */
async function note(source: ByteSource, entries: Entries, name: string): Promise<string | undefined> {
  const entry = entries.get(name);
  if (entry === undefined) return undefined;
  return Buffer.from(await readZipEntry(source, entry, longestNote))
    .toString('latin1')
    .trim();
}

async function checkNotes(source: ByteSource, entries: Entries, prefix: string): Promise<void> {
  const { path } = source;
  const version = await note(source, entries, `${prefix}version`);
  if (version === undefined || !/^\d{1,4}$/.test(version))
    throw malformed(path, `its version is ${version === undefined ? 'missing' : quoted(version)}`);
  if (Number(version) > newestVersion)
    throw new LlmxError('unsupported', `${path}: version ${version} of PyTorch's files`, `Versions up to ${newestVersion} are read`);
  const order = await note(source, entries, `${prefix}byteorder`);
  if (order === 'big') throw new LlmxError('unsupported', `${path}: its numbers are big-endian`, 'Load and save it again on a little-endian machine');
  if (order !== undefined && order !== 'little') throw malformed(path, `its byteorder is ${quoted(order)}`);
}

/** Storages are entries of their own; they must be stored as they are, and as long as the pickle says. */
const placeIn =
  (path: string, entries: Entries, prefix: string): PlaceStorage =>
  ({ key, bytes }) => {
    const entry = entries.get(`${prefix}data/${key}`);
    if (entry === undefined) throw malformed(path, `the storage ${named(key)} is missing`);
    checkStored(path, entry);
    if (entry.bytes !== bytes) throw malformed(path, `the storage ${named(key)} has ${entry.bytes} bytes, the pickle says ${bytes}`);
    return entry.offset;
  };

export async function readZipContainer(source: ByteSource): Promise<PytorchContainer> {
  const { path } = source;
  const entries = await readZip(source);
  const prefix = findPrefix(path, entries);
  await checkNotes(source, entries, prefix);
  const bytes = await readZipEntry(source, entries.get(`${prefix}data.pkl`)!, longestPickle);
  const pickle = readPickle(`${path}, data.pkl`, bytes, pytorchGlobals);
  if (pickle === undefined) throw malformed(path, 'data.pkl ends inside its pickle');
  if (pickle.length !== bytes.length) throw malformed(path, `data.pkl has ${bytes.length} bytes, its pickle ends at ${pickle.length}`);
  return { value: pickle.value, place: placeIn(path, entries, prefix) };
}
