// Makes random bytes into legal blocks of each number format, in place, with weights of mean 0 and a given spread.
// No encoder: codes stay random, only scales are set.

export interface BlockType {
  /** ggml's type id, and the `general.file_type` of a file whose matrices all have it. */
  readonly ggufType: number;
  readonly fileType: number;
  readonly blockLength: number;
  readonly blockBytes: number;
  /** Turns random bytes, whole blocks, into weights whose standard deviation is about `spread`. */
  legalize(bytes: Buffer, spread: number): void;
}

/** Float16 bits of a positive number, rounded down. Below 2^-14 the exponent stays and the mantissa counts 2^-24. */
function halfBits(value: number): number {
  if (value < 2 ** -14) return Math.floor(value * 2 ** 24);
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024);
}

/** A scale from 0.75 to 1.25 times `value`, by a random byte; its top bit is the sign where `signed`. */
function scaleTable(value: number, signed: boolean): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, random) => halfBits(value * (0.75 + (random & 127) / 254)) | (signed && random >= 128 ? 0x8000 : 0));
}

/** int8 codes of these formats go from -127: no encoder writes -128, and kernels may rely on that. */
function replaceLeast(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) if (bytes[at] === 0x80) bytes[at] = 0x7f;
}

/** 16-bit floats: random sign and mantissa over three octaves of exponent. `exponentBits` are those of the middle octave. */
function legalizeFloats(bytes: Buffer, exponentBits: number, exponentShift: number): void {
  const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1);
  const kept = 0x8000 | ((1 << exponentShift) - 1);
  const octaves = Uint16Array.of(exponentBits - 1, exponentBits, exponentBits, exponentBits + 1).map((bits) => bits << exponentShift);
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    words[at] = (word & kept) | octaves[(word >>> exponentShift) & 3]!;
  }
}

// Root mean square of the octaves 0.5, 1, 1, 2 times a mantissa that is even over [1, 2).
const floatSpread = Math.sqrt((7 / 3) * ((0.25 + 1 + 1 + 4) / 4));
const middleExponent = (spread: number): number => Math.round(Math.log2(spread / floatSpread));

function setScales(bytes: Buffer, blockBytes: number, at: number, table: Uint16Array): void {
  for (let block = 0; block < bytes.length; block += blockBytes) bytes.writeUInt16LE(table[bytes[block + at]!]!, block + at);
}

/** Q4_K's 12 bytes: eight 6-bit scales of 32..63, each with a least value that centres the codes 0..15 (give or take 1). */
function packScales(bytes: Buffer, at: number): void {
  const scales = new Uint8Array(8);
  const leasts = new Uint8Array(8);
  for (let group = 0; group < 8; group++) {
    const random = bytes[at + group]!;
    scales[group] = 32 + (random & 31);
    leasts[group] = Math.min(63, scales[group]! + ((random >>> 5) % 3) - 1);
  }
  for (let group = 0; group < 4; group++) {
    bytes[at + group] = scales[group]! | ((scales[group + 4]! >>> 4) << 6);
    bytes[at + 4 + group] = leasts[group]! | ((leasts[group + 4]! >>> 4) << 6);
    bytes[at + 8 + group] = (scales[group + 4]! & 15) | ((leasts[group + 4]! & 15) << 4);
  }
}

// Root mean squares of even codes: -8..7, -127..127, -7.5..7.5, -32..31; and of Q4_K's scales 32..63.
const nibbleSpread = 4.64;
const byteSpread = 73.3;
const centredNibbleSpread = 4.61;
const sixBitSpread = 18.5;
const groupScaleSpread = 48.4;

export const blockTypes = {
  F16: {
    ggufType: 1,
    fileType: 1,
    blockLength: 1,
    blockBytes: 2,
    legalize: (bytes, spread) => legalizeFloats(bytes, middleExponent(spread) + 15, 10),
  },
  BF16: {
    ggufType: 30,
    fileType: 32,
    blockLength: 1,
    blockBytes: 2,
    legalize: (bytes, spread) => legalizeFloats(bytes, middleExponent(spread) + 127, 7),
  },
  Q4_0: {
    ggufType: 2,
    fileType: 2,
    blockLength: 32,
    blockBytes: 18,
    legalize: (bytes, spread) => setScales(bytes, 18, 0, scaleTable(spread / nibbleSpread, true)),
  },
  Q8_0: {
    ggufType: 8,
    fileType: 7,
    blockLength: 32,
    blockBytes: 34,
    legalize(bytes, spread) {
      setScales(bytes, 34, 0, scaleTable(spread / byteSpread, false));
      for (let block = 0; block < bytes.length; block += 34) replaceLeast(bytes, block + 2, block + 34);
    },
  },
  Q4_K: {
    ggufType: 12,
    fileType: 14,
    blockLength: 256,
    blockBytes: 144,
    legalize(bytes, spread) {
      const scale = spread / (centredNibbleSpread * groupScaleSpread);
      const scales = scaleTable(scale, false);
      const leasts = scaleTable(scale * 7.5, false);
      for (let block = 0; block < bytes.length; block += 144) {
        const random = bytes[block]!;
        bytes.writeUInt16LE(scales[random]!, block);
        bytes.writeUInt16LE(leasts[random]!, block + 2);
        packScales(bytes, block + 4);
      }
    },
  },
  Q6_K: {
    ggufType: 14,
    fileType: 18,
    blockLength: 256,
    blockBytes: 210,
    legalize(bytes, spread) {
      setScales(bytes, 210, 208, scaleTable(spread / (sixBitSpread * byteSpread), false));
      for (let block = 0; block < bytes.length; block += 210) replaceLeast(bytes, block + 192, block + 208);
    },
  },
} as const satisfies Record<string, BlockType>;
