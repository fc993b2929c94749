// Protobuf's wire format as pieces: bytes, with a tensor's values in their midst without being read. Knows no message.
import { pieceBytes, type Piece } from '../planned-file.js';

/** Encoded fields in order. */
export type Encoded = readonly Piece[];

const raw = (bytes: Uint8Array): Piece => ({ kind: 'bytes', bytes });

/** Whole numbers to 2^53; negative ones as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 128n) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}

const key = (number: number, wire: 0 | 2 | 5): Uint8Array => varint(number * 8 + wire);
const lengthOf = (parts: Encoded): number => parts.reduce((sum, piece) => sum + pieceBytes(piece), 0);

export const integerField = (number: number, value: number): Encoded => [raw(Buffer.concat([key(number, 0), varint(value)]))];

export function floatField(number: number, value: number): Encoded {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [raw(Buffer.concat([key(number, 5), bytes]))];
}

/** A message, a text or bytes: whatever is led by its length. */
export const field = (number: number, parts: Encoded): Encoded => [raw(Buffer.concat([key(number, 2), varint(lengthOf(parts))])), ...parts];

export const bytesField = (number: number, bytes: Uint8Array): Encoded => field(number, [raw(bytes)]);
export const textField = (number: number, text: string): Encoded => bytesField(number, Buffer.from(text));

/** The same bytes in the fewest pieces. */
export function joined(parts: Encoded): Encoded {
  const pieces: Piece[] = [];
  let run: Uint8Array[] = [];
  const flush = (): void => {
    if (run.length > 0) pieces.push(raw(Buffer.concat(run)));
    run = [];
  };
  for (const piece of parts) {
    if (piece.kind === 'bytes') run.push(piece.bytes);
    else {
      flush();
      pieces.push(piece);
    }
  }
  flush();
  return pieces;
}
