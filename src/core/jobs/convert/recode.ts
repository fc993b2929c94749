// Parts of tensors on their way from one form to another: rows moved, transposed, computed on, and put into another number format.
import { LlmxError } from '../../base/error.js';
import type { Step } from '../../families/transfer.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import { planeBytes, wordsOf, type NumberFormat } from '../../numbers/number-format.js';
import type { Scratch } from './buffers.js';

/** Whole rows of a tensor. */
export interface Part {
  readonly format: NumberFormatKey;
  /** One run of bytes for each plane of the format. */
  readonly planes: readonly Uint8Array[];
  readonly rows: number;
  readonly columns: number;
  /** Values that were finite before the last step and are not: beyond what the format holds. */
  readonly lost?: number;
}

const formatOf = (key: NumberFormatKey): NumberFormat => numberFormats[key];

export const rowBytes = (format: NumberFormatKey, columns: number, plane: number): number => planeBytes(formatOf(format), columns, plane);

const takePlanes = (format: NumberFormatKey, values: number, scratch: Scratch): readonly Uint8Array[] =>
  formatOf(format).planes.map((_, plane) => scratch.take(planeBytes(formatOf(format), values, plane)));
const takeFloats = (values: number, scratch: Scratch): Float32Array => {
  const bytes = scratch.take(4 * values);
  return new Float32Array(bytes.buffer, bytes.byteOffset, values);
};
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Formats of 16 bits a value have 65,536 values: the way between two of them is a table. */
const isWord = (format: NumberFormat): boolean => format.blockLength === 1 && format.planes.length === 1 && format.planes[0]!.blockBytes === 2;

const tables = new Map<string, Uint16Array>();

function wordTable(from: NumberFormatKey, to: NumberFormatKey): Uint16Array {
  const key = `${from} ${to}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const words = Uint16Array.from({ length: 0x10000 }, (_, word) => word);
  const values = new Float32Array(words.length);
  const target = new Uint16Array(words.length);
  formatOf(from).decode([new Uint8Array(words.buffer)], values);
  formatOf(to).encode!(values, [new Uint8Array(target.buffer)]);
  tables.set(key, target);
  return target;
}

function translate(table: Uint16Array, source: Uint8Array, target: Uint8Array): Uint8Array {
  const [from, to] = [wordsOf(source), wordsOf(target)];
  for (let index = 0; index < from.length; index++) to[index] = table[from[index]!]!;
  return target;
}

export function decodePart({ format, planes, rows, columns }: Part, scratch: Scratch): Float32Array {
  const values = takeFloats(rows * columns, scratch);
  formatOf(format).decode(planes, values);
  return values;
}

/** The same values in another number format: exactly where it can hold them. */
export function recode(part: Part, to: NumberFormatKey, scratch: Scratch): Part {
  if (part.format === to) return part;
  const { rows, columns } = part;
  if (isWord(formatOf(part.format)) && isWord(formatOf(to))) {
    const planes = [translate(wordTable(part.format, to), part.planes[0]!, scratch.take(part.planes[0]!.length))];
    return { ...part, format: to, planes, ...(to === 'f16' && hasInfinity(planes[0]!) ? lostIn(decodePart(part, scratch), planes[0]!) : {}) };
  }
  return encodePart(decodePart(part, scratch), to, rows, columns, scratch);
}

const isInfinite = (half: number): boolean => (half & 0x7fff) === 0x7c00;

/** Whether halves are among them that are infinite: there are none, usually. */
function hasInfinity(bytes: Uint8Array): boolean {
  const halves = wordsOf(bytes);
  for (let index = 0; index < halves.length; index++) if (isInfinite(halves[index]!)) return true;
  return false;
}

const lostIn = (values: Float32Array, bytes: Uint8Array): { readonly lost: number } => {
  const halves = wordsOf(bytes);
  return { lost: values.reduce((lost, value, index) => lost + (isInfinite(halves[index]!) && Number.isFinite(value) ? 1 : 0), 0) };
};

export function encodePart(values: Float32Array, to: NumberFormatKey, rows: number, columns: number, scratch: Scratch): Part {
  const { encode, name } = formatOf(to);
  if (encode === undefined) throw new LlmxError('internal', `${name} has no encoder`);
  if (to === 'f32') return { format: to, planes: [bytesOf(values)], rows, columns };
  const planes = takePlanes(to, values.length, scratch);
  encode(values, planes);
  return { format: to, planes, rows, columns, ...(to === 'f16' && hasInfinity(planes[0]!) ? lostIn(values, planes[0]!) : {}) };
}

/** Bytes of one value, where each is a unit of its own. */
const unitBytes = (format: NumberFormatKey): number | undefined => {
  const { blockLength, planes } = formatOf(format);
  return blockLength === 1 && planes.length === 1 ? planes[0]!.blockBytes : undefined;
};

function moveRows(part: Part, order: readonly number[], scratch: Scratch): Part {
  const planes = part.planes.map((source, plane) => {
    const bytes = rowBytes(part.format, part.columns, plane);
    const target = scratch.take(source.length);
    for (let base = 0; base < part.rows; base += order.length)
      for (let row = 0; row < order.length; row++) {
        const from = (base + order[row]!) * bytes;
        target.set(source.subarray(from, from + bytes), (base + row) * bytes);
      }
    return target;
  });
  return { ...part, planes };
}

/** Tiles that fit the first-level cache, whichever side one looks from. */
const tile = 32;

function transposeUnits<Units extends Uint16Array | Float32Array | Uint8Array>(source: Units, target: Units, rows: number, columns: number): void {
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile)
      for (let row = top; row < Math.min(rows, top + tile); row++)
        for (let column = left; column < Math.min(columns, left + tile); column++) target[column * rows + row] = source[row * columns + column]!;
}

/** Blocks cannot be transposed: they are decoded first. */
function transpose(part: Part, scratch: Scratch): Part {
  const unit = unitBytes(part.format);
  if (unit !== 2 && unit !== 4) return transpose({ ...part, format: 'f32', planes: [bytesOf(decodePart(part, scratch))] }, scratch);
  const { rows, columns } = part;
  const source = part.planes[0]!.byteOffset % unit === 0 ? part.planes[0]! : part.planes[0]!.slice();
  const target = scratch.take(source.length);
  // Float32Array moves 32 bits through a number and may quieten a NaN; Uint32Array keeps them.
  const view = (bytes: Uint8Array): Uint16Array =>
    (unit === 2
      ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
      : new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)) as Uint16Array;
  transposeUnits(view(source), view(target), rows, columns);
  return { format: part.format, planes: [target], rows: columns, columns: rows };
}

function mapped(values: Float32Array, map: (value: number) => number): Float32Array {
  for (let index = 0; index < values.length; index++) values[index] = map(values[index]!);
  return values;
}

/** A part after one step. */
function apply(part: Part, step: Step, scratch: Scratch): Part {
  switch (step.kind) {
    case 'rows':
      return moveRows(part, step.order, scratch);
    case 'transpose':
      return transpose(part, scratch);
    case 'values':
      return { ...part, format: 'f32', planes: [bytesOf(mapped(decodePart(part, scratch), step.map))] };
    default:
      return step satisfies never;
  }
}

/** What comes of a part may share its memory; all else is taken from `scratch`. */
export const reform = (part: Part, steps: readonly Step[], to: NumberFormatKey, scratch: Scratch): Part =>
  recode(
    steps.reduce((before, step) => apply(before, step, scratch), part),
    to,
    scratch,
  );
