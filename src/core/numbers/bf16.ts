// BF16: the upper half of a float32, rounded to nearest even.
import { bitsOf, wordsOf, type NumberFormat } from './number-format.js';

export const bf16: NumberFormat = {
  name: 'BF16',
  ggufType: 30,
  ggufFileType: 32,
  safetensors: 'BF16',
  blockLength: 1,
  planes: [{ name: 'values', blockBytes: 2 }],
  decode([source], target) {
    const words = wordsOf(source!);
    const bits = bitsOf(target);
    for (let index = 0; index < bits.length; index++) bits[index] = words[index]! << 16;
  },
  encode(source, [target]) {
    const bits = bitsOf(source);
    for (let index = 0; index < bits.length; index++) {
      const word = bits[index]!;
      const isNan = (word & 0x7fffffff) > 0x7f800000;
      const rounded = isNan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
      target![2 * index] = rounded & 0xff;
      target![2 * index + 1] = rounded >>> 8;
    }
  },
  roundTripBudget: 0.0025,
};
