// F16: IEEE 754 binary16, and the two conversions that every format with half-precision scales uses.
import { bitsOf, wordsOf, type NumberFormat } from './number-format.js';

const scratch = new Float32Array(1);
const scratchBits = bitsOf(scratch);

/** The float32 bits of every half, by its 16 bits. */
const halfBits = Uint32Array.from({ length: 0x10000 }, (_, half) => {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // how far the leading one lies below bit 10
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
});
const halfValues = new Float32Array(halfBits.buffer);

/** The value of 16 bits. */
export const fromHalf = (half: number): number => halfValues[half]!;

/** The value of the half at `offset` of `bytes`. */
export const readHalf = (bytes: Uint8Array, offset: number): number => halfValues[bytes[offset]! | (bytes[offset + 1]! << 8)]!;

/** The 16 bits nearest to float32 bits, ties to even; what is 65520 or more becomes infinity, and NaN stays a quiet NaN. */
function halfFromBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude <= 0x33000000) return sign; // half of the smallest subnormal is a tie, and goes to the even zero
  const shift = 126 - (magnitude >>> 23); // 14..24: bits of the significand below the unit 2^-24
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept);
}

/** The 16 bits nearest to a number (rounded to float32 first). */
export function toHalf(value: number): number {
  scratch[0] = value;
  return halfFromBits(scratchBits[0]!);
}

/** Puts the half nearest to `value` at `offset`, and returns the value that it has there. */
export function writeHalf(bytes: Uint8Array, offset: number, value: number): number {
  const half = toHalf(value);
  bytes[offset] = half & 0xff;
  bytes[offset + 1] = half >>> 8;
  return halfValues[half]!;
}

export const f16: NumberFormat = {
  name: 'F16',
  ggufType: 1,
  ggufFileType: 1,
  safetensors: 'F16',
  blockLength: 1,
  planes: [{ name: 'values', blockBytes: 2 }],
  decode([source], target) {
    const words = wordsOf(source!);
    const bits = bitsOf(target);
    for (let index = 0; index < bits.length; index++) bits[index] = halfBits[words[index]!]!;
  },
  encode(source, [target]) {
    const bits = bitsOf(source);
    for (let index = 0; index < bits.length; index++) {
      const half = halfFromBits(bits[index]!);
      target![2 * index] = half & 0xff;
      target![2 * index + 1] = half >>> 8;
    }
  },
  roundTripBudget: 0.0003,
};
