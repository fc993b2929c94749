// A file before it exists: pieces of known length, in order. Writers lay files out without reading a weight; a job fills them.
import { LlmxError } from '../base/error.js';
import { count } from '../base/shape.js';
import { numberFormats, type NumberFormatKey } from '../numbers/index.js';
import { planeBytes } from '../numbers/number-format.js';

/** A tensor to be written. */
export interface TensorPlan {
  readonly name: string;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly format: NumberFormatKey;
}

export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly length: number }
  /** One plane of a tensor of the plan, by the tensor's name: all of its bytes, as its number format packs them. */
  | { readonly kind: 'tensor'; readonly tensor: TensorPlan; readonly plane: number }
  /** Bytes that depend on what was written elsewhere in this file: the CRC-32 of each tensor piece, by the tensor's name. */
  | { readonly kind: 'late'; readonly length: number; readonly make: (crc32: (tensor: string) => number) => Uint8Array };

export interface PlannedFile {
  /** A name in the output's folder; of an output of one file, a name beside it. */
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** Bytes of a tensor's plane. Rows must be whole blocks. Throws LlmxError `unsupported` where they are not. */
export function tensorBytes({ name, shape, format }: TensorPlan, plane = 0): number {
  const row = numberFormats[format];
  const last = shape.at(-1) ?? 1;
  if (last % row.blockLength !== 0)
    throw new LlmxError(
      'unsupported',
      `${name}: rows of ${last} values are not a multiple of ${row.name}'s block of ${row.blockLength}`,
      'Choose another number format for this tensor',
    );
  return planeBytes(row, count(shape), plane);
}

export function pieceBytes(piece: Piece): number {
  switch (piece.kind) {
    case 'bytes':
      return piece.bytes.length;
    case 'tensor':
      return tensorBytes(piece.tensor, piece.plane);
    case 'zeros':
    case 'late':
      return piece.length;
    default:
      return piece satisfies never;
  }
}

export const plannedFileBytes = ({ pieces }: PlannedFile): number => pieces.reduce((sum, piece) => sum + pieceBytes(piece), 0);
