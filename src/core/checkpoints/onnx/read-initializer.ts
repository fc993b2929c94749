// One TensorProto: its name, type and sides, and where its values lie. Reads no value.
import { LlmxError } from '../../base/error.js';
import { named } from '../../text/quoted.js';
import { malformed } from '../files.js';
import { dataTypeName, type DataTypeName } from './data-types.js';
import type { WireField, WireReader } from './wire-reader.js';

/** ONNX sets no limit; no operator takes so many. */
const mostSides = 16;
const mostEntries = 16;

type StoredValues =
  | { readonly kind: 'inline'; readonly offset: number; readonly length: number }
  /** Undefined where the file does not say: from the beginning, as many bytes as the sides ask for. */
  | { readonly kind: 'external'; readonly location: string; readonly offset: number | undefined; readonly length: number | undefined }
  /** Values in single fields, not in one piece. */
  | { readonly kind: 'scattered' };

export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined for a type that ONNX has got since; `typeNumber` tells it. */
  readonly type: DataTypeName | undefined;
  readonly typeNumber: number;
  readonly values: StoredValues;
}

/** Field numbers of TensorProto. */
const tensorField = { dims: 1, dataType: 2, floatData: 4, name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;
const external = 1;

async function readEntries(reader: WireReader, fields: readonly WireField[], what: string): Promise<ReadonlyMap<string, string>> {
  if (fields.length > mostEntries) throw malformed(reader.source.path, `${what} has ${fields.length} entries of external data`);
  const entries = new Map<string, string>();
  for (const field of fields) {
    const pair = ['', ''];
    for await (const part of reader.fields(field.begin, field.end, `external data of ${what}`))
      if (part.number === 1 || part.number === 2) pair[part.number - 1] = await reader.text(part, `external data of ${what}`);
    entries.set(pair[0]!, pair[1]!);
  }
  return entries;
}

async function externalValues(reader: WireReader, fields: readonly WireField[], what: string): Promise<StoredValues> {
  const entries = await readEntries(reader, fields, what);
  const position = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
    throw malformed(reader.source.path, `the ${key} of ${what} is ${named(text)}, not a number of bytes`);
  };
  const location = entries.get('location');
  if (location === undefined) throw malformed(reader.source.path, `${what} lies in another file and does not say in which`);
  return { kind: 'external', location, offset: position('offset'), length: position('length') };
}

export async function readInitializer(reader: WireReader, { begin, end }: WireField): Promise<Initializer> {
  const { path } = reader.source;
  const shape: number[] = [];
  const entries: WireField[] = [];
  let [name, typeNumber, location] = ['', 0, 0];
  let values: StoredValues = { kind: 'scattered' };
  for await (const field of reader.fields(begin, end, 'an initializer')) {
    const what = name === '' ? 'an initializer' : named(name);
    if (field.number === tensorField.name) name = await reader.text(field, 'the name of an initializer');
    else if (field.number === tensorField.dims) shape.push(...(await reader.integers(field, `the sides of ${what}`, mostSides)));
    else if (field.number === tensorField.dataType) typeNumber = field.value;
    else if (field.number === tensorField.dataLocation) location = field.value;
    else if (field.number === tensorField.externalData) entries.push(field);
    else if (field.number === tensorField.rawData || (field.number === tensorField.floatData && field.wire === 'bytes')) {
      if (field.wire !== 'bytes' || values.kind !== 'scattered')
        throw new LlmxError('unsupported', `${path}: the values of ${what} lie in several pieces`, 'Save it again with raw data');
      values = { kind: 'inline', offset: field.begin, length: field.end - field.begin };
    }
  }
  if (shape.length > mostSides) throw malformed(path, `${named(name)} has ${shape.length} sides`);
  if (location === external) values = await externalValues(reader, entries, named(name));
  const type = dataTypeName(typeNumber);
  if (values.kind === 'scattered' && shape.includes(0)) values = { kind: 'inline', offset: begin, length: 0 };
  return { name, shape, type, typeNumber, values };
}
