// Fields of the records of a zip archive, little-endian, as PKWARE's APPNOTE.TXT gives them. Knows no file.

export const localSignature = 0x04034b50;
export const descriptorSignature = 0x08074b50;
export const centralSignature = 0x02014b50;
export const endSignature = 0x06054b50;
export const end64Signature = 0x06064b50;
export const locator64Signature = 0x07064b50;

export const localBytes = 30;
export const centralBytes = 46;
export const endBytes = 22;
export const end64Bytes = 56;
export const locator64Bytes = 20;

/** What stands in a field of two or four bytes whose value is in the zip64 record. */
export const overflow16 = 0xffff;
export const overflow32 = 0xffffffff;

export const zip64ExtraTag = 0x0001;

/** Flags: bit 0 encrypted, bit 3 sizes and checksum behind the data, bit 11 the name is UTF-8. */
export const flagEncrypted = 1 << 0;
export const flagDescriptor = 1 << 3;
export const flagUtf8 = 1 << 11;

/** Reads little-endian fields of a view by offset; 64-bit values beyond 2^53 come out as such, for range checks to refuse. */
export interface Fields {
  readonly u16: (offset: number) => number;
  readonly u32: (offset: number) => number;
  readonly u64: (offset: number) => number;
}

export function fieldsOf(bytes: Uint8Array, start = 0): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  return {
    u16: (offset) => view.getUint16(offset, true),
    u32: (offset) => view.getUint32(offset, true),
    u64: (offset) => Number(view.getBigUint64(offset, true)),
  };
}

/** The content of the extra field with a tag, undefined where there is none or the list of fields is cut short. */
export function extraField(extra: Uint8Array, tag: number): Uint8Array | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const { u16 } = fieldsOf(extra, at);
    const length = u16(2);
    if (at + 4 + length > extra.length) return undefined;
    if (u16(0) === tag) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}
