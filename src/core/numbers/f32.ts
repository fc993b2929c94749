// F32: IEEE 754 binary32, little-endian.
import { bytesOf, type NumberFormat } from './number-format.js';

export const f32: NumberFormat = {
  name: 'F32',
  ggufType: 0,
  ggufFileType: 0,
  safetensors: 'F32',
  blockLength: 1,
  planes: [{ name: 'values', blockBytes: 4 }],
  decode: ([source], target) => bytesOf(target).set(source!.subarray(0, target.byteLength)),
  encode: (source, [target]) => target!.set(bytesOf(source)),
  roundTripBudget: 0,
};
