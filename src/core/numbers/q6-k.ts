// Q6_K: blocks of 256 = sixteen sub-blocks of 16 with signed 8-bit scales of one half; 6-bit codes in low nibbles and high bit pairs.
// Layout and search as ggml's reference (MIT); every step is rounded to float32 so that the codes agree with it.
import { readHalf, writeHalf } from './f16.js';
import { clamp, roundEven, type NumberFormat } from './number-format.js';

const { fround } = Math;
const blockLength = 256;
const blockBytes = 210;
const subLength = 16;
const subs = blockLength / subLength;
const highAt = 128;
const scalesAt = 192;
const blockScaleAt = 208;
const smallest = fround(1e-15);

const signedByte = (byte: number): number => (byte << 24) >> 24;

/** Where a group of 32 values (of eight in a block) lies: a nibble column of 32 low bytes and a bit pair of 32 high bytes. */
const groupAt = (group: number): { low: number; lowShift: number; high: number; highShift: number } => ({
  low: (group >>> 2) * 64 + (group & 1) * 32,
  lowShift: (group & 2) * 2,
  high: highAt + (group >>> 2) * 32,
  highShift: (group & 3) * 2,
});
const groups = Array.from({ length: 8 }, (_, group) => groupAt(group));

function decode([source]: readonly Uint8Array[], target: Float32Array): void {
  const bytes = source!;
  for (let at = 0, out = 0; out < target.length; at += blockBytes) {
    const blockScale = readHalf(bytes, at + blockScaleAt);
    let sub = at + scalesAt;
    for (const { low, lowShift, high, highShift } of groups) {
      for (let start = 0; start < 32; start += subLength) {
        const scale = fround(blockScale * signedByte(bytes[sub++]!));
        for (let index = start; index < start + subLength; index++) {
          const code = ((bytes[at + low + index]! >>> lowShift) & 15) | (((bytes[at + high + index]! >>> highShift) & 3) << 4);
          target[out++] = scale * (code - 32);
        }
      }
    }
  }
}

/** The value of largest magnitude; the first of equals. */
function extreme(values: Float32Array): number {
  let found = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(found)) found = value;
  return found;
}

/** The scale that reproduces 16 values best, large ones weighing more: 19 roundings are tried. Leaves the best one in `codes` (-32..31). */
function fitScale(values: Float32Array, codes: Int8Array): number {
  const largest = extreme(values);
  codes.fill(-32); // zero bits
  if (Math.abs(largest) < smallest) return 0;
  const codeOf = (value: number, inverse: number): number => clamp(roundEven(fround(inverse * value)), -32, 31);
  let scale = 0;
  let best = 0;
  for (const step of [0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const inverse = fround(-fround(32 + fround(fround(0.1) * step)) / largest);
    let products = 0;
    let squares = 0;
    for (const value of values) {
      const code = codeOf(value, inverse);
      const weight = fround(value * value);
      products = fround(products + fround(fround(weight * value) * code));
      squares = fround(squares + fround(fround(weight * code) * code));
    }
    if (step !== 0 && !(squares > 0 && fround(products * products) > fround(best * squares))) continue;
    scale = squares === 0 ? 0 : fround(products / squares);
    best = fround(scale * products);
    for (let index = 0; index < subLength; index++) codes[index] = codeOf(values[index]!, inverse);
  }
  return scale;
}

const blockCodes = new Int8Array(blockLength);

function encodeBlock(values: Float32Array, bytes: Uint8Array): void {
  const part = (sub: number): [number, number] => [sub * subLength, (sub + 1) * subLength];
  const scales = Float32Array.from({ length: subs }, (_, sub) => fitScale(values.subarray(...part(sub)), blockCodes.subarray(...part(sub))));
  const largest = extreme(scales);
  bytes.fill(0);
  if (Math.abs(largest) < smallest) return;
  const inverse = fround(-128 / largest);
  const blockScale = writeHalf(bytes, blockScaleAt, fround(1 / inverse));
  for (let sub = 0; sub < subs; sub++) {
    const scaleCode = Math.min(127, roundEven(fround(inverse * scales[sub]!)));
    bytes[scalesAt + sub] = scaleCode;
    const scale = fround(blockScale * scaleCode);
    if (scale === 0) continue; // keeps the codes of its own search, as the reference does
    for (let index = sub * subLength; index < (sub + 1) * subLength; index++)
      blockCodes[index] = clamp(roundEven(fround(values[index]! / scale)), -32, 31);
  }
  for (const [group, { low, lowShift, high, highShift }] of groups.entries()) {
    for (let index = 0; index < 32; index++) {
      const code = blockCodes[group * 32 + index]! + 32;
      bytes[low + index]! |= (code & 15) << lowShift;
      bytes[high + index]! |= (code >>> 4) << highShift;
    }
  }
}

export const q6_k: NumberFormat = {
  name: 'Q6_K',
  ggufType: 14,
  ggufFileType: 18,
  blockLength,
  planes: [{ name: 'blocks', blockBytes }],
  decode,
  encode(source, [target]) {
    for (let block = 0; block * blockLength < source.length; block++) {
      encodeBlock(source.subarray(block * blockLength, (block + 1) * blockLength), target!.subarray(block * blockBytes, (block + 1) * blockBytes));
    }
  },
  roundTripBudget: 0.025,
};
