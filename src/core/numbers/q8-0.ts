// Q8_0: blocks of 32: a half scale, then 32 signed bytes. Layout and reference rounding as ggml's (MIT).
import { readHalf, writeHalf } from './f16.js';
import type { NumberFormat } from './number-format.js';

const blockLength = 32;
const blockBytes = 34;

/** C's roundf: halves go away from zero. */
const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

export const q8_0: NumberFormat = {
  name: 'Q8_0',
  ggufType: 8,
  isFallback: true,
  ggufFileType: 7,
  blockLength,
  planes: [{ name: 'blocks', blockBytes }],
  decode([source], target) {
    const bytes = source!;
    for (let at = 0, out = 0; out < target.length; at += blockBytes) {
      const scale = readHalf(bytes, at);
      for (let index = at + 2; index < at + blockBytes; index++) target[out++] = scale * ((bytes[index]! << 24) >> 24);
    }
  },
  encode(source, [target]) {
    for (let start = 0, at = 0; start < source.length; start += blockLength, at += blockBytes) {
      let largest = 0;
      for (let index = 0; index < blockLength; index++) largest = Math.max(largest, Math.abs(source[start + index]!));
      const scale = Math.fround(largest / 127);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      writeHalf(target!, at, scale);
      for (let index = 0; index < blockLength; index++) target![at + 2 + index] = roundAway(Math.fround(source[start + index]! * inverse));
    }
  },
  roundTripBudget: 0.006,
};
