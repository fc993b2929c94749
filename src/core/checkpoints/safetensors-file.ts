// One safetensors file: its header, checked against the specification and the file's size. Knows no folder and no config.
import type { Json, JsonObject } from '../base/event.js';
import { numberFormatBySafetensors } from '../numbers/index.js';
import { quoted } from '../text/quoted.js';
import type { Tensor } from './checkpoint.js';
import { malformed, openFile, refuseLfsPointer, type ByteSource } from './files.js';
import { isObject, parseJsonObject } from './json.js';

const longestHeader = 100_000_000;
const mostTensors = 1 << 20;
const mostSides = 64;

/** Bits of a value in every dtype of the format, also of those that llmx cannot decode. */
const dtypeBits: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

export interface SafetensorsFile {
  readonly path: string;
  readonly bytes: number;
  /** The free-form strings of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Name to dtype of the tensors that llmx cannot decode. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Those of 32-bit words among them, as if they were float32: packed codes, to whom knows what they mean. */
  readonly words: ReadonlyMap<string, Tensor>;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isCount = (value: Json | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function counts(path: string, value: Json | undefined, field: string): readonly number[] {
  if (!Array.isArray(value) || !value.every(isCount)) throw malformed(path, `${field} is not a list of whole numbers below 2^53`);
  return value as readonly number[];
}

/** The dtype's bits times all sides, as whole bytes. */
function byteLength(path: string, name: string, dtype: string, shape: readonly number[]): number {
  const bits = dtypeBits[dtype];
  if (bits === undefined || !Object.hasOwn(dtypeBits, dtype)) throw malformed(path, `${quoted(name)} has the unknown dtype ${quoted(dtype)}`);
  const total = shape.reduce((product, side) => product * side, bits);
  if (!Number.isSafeInteger(total)) throw malformed(path, `${quoted(name)} with shape [${shape.join(', ')}] has more values than any file`);
  if (total % 8 !== 0) throw malformed(path, `${quoted(name)} with shape [${shape.join(', ')}] of ${dtype} does not end on a whole byte`);
  return total / 8;
}

function readEntry(path: string, name: string, value: Json | undefined): Entry {
  if (!isObject(value)) throw malformed(path, `the entry of ${quoted(name)} is not an object`);
  const { dtype } = value;
  if (typeof dtype !== 'string') throw malformed(path, `${quoted(name)} has no dtype`);
  const shape = counts(path, value['shape'], `the shape of ${quoted(name)}`);
  if (shape.length > mostSides) throw malformed(path, `${quoted(name)} has ${shape.length} sides, more than ${mostSides}`);
  const offsets = counts(path, value['data_offsets'], `data_offsets of ${quoted(name)}`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin === undefined || end === undefined || begin > end)
    throw malformed(path, `data_offsets of ${quoted(name)} are [${offsets.slice(0, 4).join(', ')}], not a beginning and an end`);
  const expected = byteLength(path, name, dtype, shape);
  if (end - begin !== expected)
    throw malformed(path, `${quoted(name)} takes ${end - begin} bytes, its shape [${shape.join(', ')}] of ${dtype} needs ${expected}`);
  return { name, dtype, shape, begin, end };
}

/** Sorted by place, entries must fill the data without holes or overlaps. */
function checkPlaces(path: string, entries: readonly Entry[], dataBytes: number): void {
  let end = 0;
  let before = 'the header';
  for (const entry of [...entries].sort((left, right) => left.begin - right.begin || left.end - right.end)) {
    if (entry.begin !== end) throw malformed(path, `${quoted(entry.name)} begins at byte ${entry.begin} of the data, ${before} ends at ${end}`);
    end = entry.end;
    before = quoted(entry.name);
  }
  if (end !== dataBytes) throw malformed(path, `the tensors need ${end} bytes of data, the file has ${dataBytes}`);
}

function readMetadata(path: string, value: Json | undefined): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string'))
    throw malformed(path, '__metadata__ is not an object of strings');
  return value as Readonly<Record<string, string>>;
}

async function readHeader(source: ByteSource): Promise<{ readonly header: JsonObject; readonly dataStart: number }> {
  const { path } = source;
  const lengthBytes = await source.read(0, 8, 'the header length');
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) throw malformed(path, `a header of ${length} bytes, more than ${longestHeader}`);
  const bytes = await source.read(8, Number(length), 'the header');
  if (bytes[0] !== 0x7b) throw malformed(path, 'the header does not begin with {');
  // Entries are objects of strings and lists of numbers: three levels.
  return { header: parseJsonObject(path, bytes, { depth: 3, members: mostTensors }, 'the header'), dataStart: 8 + bytes.length };
}

export async function readSafetensorsFile(path: string): Promise<SafetensorsFile> {
  await using source = await openFile(path);
  await refuseLfsPointer(source);
  const { header, dataStart } = await readHeader(source);
  const { __metadata__: metadata, ...rest } = header;
  const entries = Object.entries(rest).map(([name, value]) => readEntry(path, name, value));
  checkPlaces(path, entries, source.size - dataStart);
  const tensors = new Map<string, Tensor>();
  const skipped = new Map<string, string>();
  const words = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const format = numberFormatBySafetensors(dtype);
    const planes = [{ file: path, offset: dataStart + begin, length: end - begin }];
    if (dtype === 'U32') words.set(name, { name, shape, format: 'f32', planes });
    if (format === undefined) skipped.set(name, dtype);
    else tensors.set(name, { name, shape, format, planes });
  }
  return { path, bytes: source.size, metadata: readMetadata(path, metadata), tensors, skipped, words };
}
