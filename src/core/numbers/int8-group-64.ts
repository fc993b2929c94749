// INT8_G64: signed bytes in groups of 64 that share a float32 scale; codes and scales lie apart. llama2.c's version 2 writes it.
import { bytesOf, clamp, roundEven, type NumberFormat } from './number-format.js';

/** A row for groups of `blockLength` values, with its rounding as llama2.c's export.py (MIT) does it. */
export const int8Group = (blockLength: number, roundTripBudget: number): NumberFormat => ({
  name: `INT8_G${blockLength}`,
  blockLength,
  planes: [
    { name: 'codes', blockBytes: blockLength },
    { name: 'scales', blockBytes: 4 },
  ],
  decode([codes, scaleBytes], target) {
    const scales = new Float32Array(target.length / blockLength);
    bytesOf(scales).set(scaleBytes!.subarray(0, scales.byteLength));
    for (let index = 0; index < target.length; index++) target[index] = ((codes![index]! << 24) >> 24) * scales[Math.floor(index / blockLength)]!;
  },
  encode(source, [codes, scaleBytes]) {
    const scales = new Float32Array(source.length / blockLength);
    for (let group = 0; group < scales.length; group++) {
      const values = source.subarray(group * blockLength, (group + 1) * blockLength);
      scales[group] = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
      const scale = scales[group]!;
      for (const [index, value] of values.entries())
        codes![group * blockLength + index] = scale === 0 ? 0 : clamp(roundEven(Math.fround(value / scale)), -127, 127);
    }
    scaleBytes!.set(bytesOf(scales));
  },
  roundTripBudget,
});

export const int8_group_64 = int8Group(64, 0.006);
