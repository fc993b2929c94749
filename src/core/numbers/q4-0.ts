// Q4_0: blocks of 32: a half scale, then 16 bytes with values 0..15 in the low and 16..31 in the high nibbles. As ggml's (MIT).
import { readHalf, writeHalf } from './f16.js';
import type { NumberFormat } from './number-format.js';

const blockLength = 32;
const blockBytes = 18;
const half = blockLength / 2;

/** The value of largest magnitude; the first of equals. */
function extreme(source: Float32Array, start: number): number {
  let found = 0;
  for (let index = start; index < start + blockLength; index++) if (Math.abs(source[index]!) > Math.abs(found)) found = source[index]!;
  return found;
}

/** Multiplies and adds with one rounding, as hardware with fused arithmetic does, then cuts off the fraction. */
const code = (value: number, inverse: number): number => Math.min(15, Math.max(0, Math.trunc(Math.fround(value * inverse + 8.5))));

export const q4_0: NumberFormat = {
  name: 'Q4_0',
  ggufType: 2,
  ggufFileType: 2,
  blockLength,
  planes: [{ name: 'blocks', blockBytes }],
  decode([source], target) {
    const bytes = source!;
    for (let at = 0, out = 0; out < target.length; at += blockBytes, out += blockLength) {
      const scale = readHalf(bytes, at);
      for (let index = 0; index < half; index++) {
        const pair = bytes[at + 2 + index]!;
        target[out + index] = scale * ((pair & 15) - 8);
        target[out + half + index] = scale * ((pair >>> 4) - 8);
      }
    }
  },
  encode(source, [target]) {
    for (let start = 0, at = 0; start < source.length; start += blockLength, at += blockBytes) {
      const scale = Math.fround(extreme(source, start) / -8);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      writeHalf(target!, at, scale);
      for (let index = 0; index < half; index++) {
        target![at + 2 + index] = code(source[start + index]!, inverse) | (code(source[start + half + index]!, inverse) << 4);
      }
    }
  },
  roundTripBudget: 0.1,
};
