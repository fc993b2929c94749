// A cursor over little-endian bytes that checks every length before it reads.
import { LlmxError } from '../base/error.js';

interface BytesReader {
  readonly left: () => number;
  i32(): number;
  f32(): number;
  /** Protocol buffer integer; values beyond 2^53 lose their low bits. */
  varint(): number;
  take(length: number): Uint8Array;
}

/** `what` names the file in errors. */
export function createBytesReader(bytes: Uint8Array, what: string): BytesReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const advance = (length: number): number => {
    if (length > bytes.length - at)
      throw new LlmxError('malformed', `${what}: ${length} bytes are needed at byte ${at}, and ${bytes.length - at} are left`);
    at += length;
    return at - length;
  };
  return {
    left: () => bytes.length - at,
    i32: () => view.getInt32(advance(4), true),
    f32: () => view.getFloat32(advance(4), true),
    varint: () => {
      let value = 0;
      for (let place = 0; place < 10; place++) {
        const byte = view.getUint8(advance(1));
        value += (byte & 0x7f) * 2 ** (7 * place);
        if (byte < 0x80) return value;
      }
      throw new LlmxError('malformed', `${what}: a number of more than ten bytes ends at byte ${at}`);
    },
    take: (length) => {
      const start = advance(length);
      return bytes.subarray(start, start + length);
    },
  };
}
