// What a number format is. The TypeScript decode is the definition; C++ and WGSL decodes must give the same bits.

export interface NumberFormat {
  /** The field's own spelling: `Q4_K`. Input ignores case. */
  readonly name: string;
  /** ggml's type id, where the format has one. */
  readonly ggufType?: number;
  /** Taken where the blocks of a wanted format do not fit a tensor's rows. */
  readonly isFallback?: true;
  /** llama.cpp's `general.file_type` for a model whose matrices are mostly of this format. */
  readonly ggufFileType?: number;
  /** The dtype name in a safetensors header, where the format has one. */
  readonly safetensors?: string;
  /** The dtype of a safetensors header for the planes behind the first, where those are tensors of their own beside words of codes. */
  readonly planeType?: string;
  /** Values in a block, and its bytes in each plane. */
  readonly blockLength: number;
  readonly planes: readonly { readonly name: string; readonly blockBytes: number }[];
  /** Whole blocks in, `target.length` values out. Each source is one plane. */
  decode(sources: readonly Uint8Array[], target: Float32Array): void;
  encode?(source: Float32Array, targets: readonly Uint8Array[]): void;
  /** Largest root-mean-square error over `0.1 + 2 cos i`, i in 0..4095, after encode and decode. */
  readonly roundTripBudget: number;
}

/** Bytes of one plane that hold `values` values. */
export const planeBytes = (format: NumberFormat, values: number, plane = 0): number =>
  (values / format.blockLength) * format.planes[plane]!.blockBytes;

/** Bits that one value costs, all planes together. */
export const bitsPerValue = (format: NumberFormat): number =>
  (format.planes.reduce((sum, plane) => sum + plane.blockBytes, 0) * 8) / format.blockLength;

// Views of the same memory, for rows that move bits. All hosts that Node and WebGPU run on here are little-endian.
export const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
export const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Little-endian 16-bit words; a view where the bytes are aligned, else a copy. */
export const wordsOf = (bytes: Uint8Array): Uint16Array =>
  bytes.byteOffset % 2 === 0 ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1) : new Uint16Array(bytes.slice().buffer);

/** The nearest integer, ties to even, of a float32 below 2^22 in magnitude: what adding and removing 1.5 x 2^23 in float32 gives. */
export const roundEven = (value: number): number => Math.fround(value + 12582912) - 12582912;

export const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
