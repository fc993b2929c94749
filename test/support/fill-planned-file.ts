// Fills planned files from tensors' bytes in memory: what a job does for real, in a few lines.
import { crc32 } from 'node:zlib';
import type { PlannedFile } from '../../src/core/checkpoints/planned-file.js';
import { pieceBytes } from '../../src/core/checkpoints/planned-file.js';

/** The file's bytes. `data` gives the bytes of a tensor's plane. Throws where a piece is not as long as planned. */
export function fillPlannedFile({ name, pieces }: PlannedFile, data: (tensor: string, plane: number) => Uint8Array): Buffer {
  const crcs = new Map<string, number>();
  for (const piece of pieces) if (piece.kind === 'tensor') crcs.set(piece.tensor.name, crc32(data(piece.tensor.name, piece.plane)));
  const known = (tensor: string): number => {
    const value = crcs.get(tensor);
    if (value === undefined) throw new Error(`${name} asks for the checksum of ${tensor}, which is not in it`);
    return value;
  };
  return Buffer.concat(
    pieces.map((piece) => {
      const bytes =
        piece.kind === 'bytes'
          ? piece.bytes
          : piece.kind === 'zeros'
            ? new Uint8Array(piece.length)
            : piece.kind === 'tensor'
              ? data(piece.tensor.name, piece.plane)
              : piece.make(known);
      if (bytes.length !== pieceBytes(piece)) throw new Error(`${name}: a piece of ${bytes.length} bytes where ${pieceBytes(piece)} were planned`);
      return bytes;
    }),
  );
}
