// Q4_K: blocks of 256 = eight sub-blocks of 32; value = scale x code - minimum, with 6-bit scales and minimums of two halves.
// Layout and search as ggml's reference (MIT); every step is rounded to float32 so that the codes agree with it.
import { readHalf, writeHalf } from './f16.js';
import { clamp, roundEven, type NumberFormat } from './number-format.js';

const { fround } = Math;
const blockLength = 256;
const blockBytes = 144;
const subLength = 32;
const subs = blockLength / subLength;
const packedAt = 4;
const codesAt = 16;

/** The 6-bit scale of sub-block `sub` among the 12 packed bytes at `at`. */
const scaleOf = (bytes: Uint8Array, at: number, sub: number): number =>
  sub < 4 ? bytes[at + sub]! & 63 : (bytes[at + sub + 4]! & 15) | ((bytes[at + sub - 4]! >>> 6) << 4);

const minimumOf = (bytes: Uint8Array, at: number, sub: number): number =>
  sub < 4 ? bytes[at + sub + 4]! & 63 : (bytes[at + sub + 4]! >>> 4) | ((bytes[at + sub]! >>> 6) << 4);

function decode([source]: readonly Uint8Array[], target: Float32Array): void {
  const bytes = source!;
  for (let at = 0, out = 0; out < target.length; at += blockBytes) {
    const blockScale = readHalf(bytes, at);
    const blockMinimum = readHalf(bytes, at + 2);
    for (let sub = 0; sub < subs; sub++) {
      const scale = fround(blockScale * scaleOf(bytes, at + packedAt, sub));
      const minimum = fround(blockMinimum * minimumOf(bytes, at + packedAt, sub));
      const codes = at + codesAt + (sub >>> 1) * subLength; // two sub-blocks share 32 bytes: low nibbles, then high
      const shift = (sub & 1) * 4;
      for (let index = 0; index < subLength; index++) target[out++] = fround(scale * ((bytes[codes + index]! >>> shift) & 15)) - minimum;
    }
  }
}

/** The code of `value` when one step is `1 / inverse` and code 0 stands for `lowest`. */
const codeOf = (value: number, lowest: number, inverse: number): number => clamp(roundEven(fround(inverse * fround(value - lowest))), 0, 15);

/** The weighted squared error of `values` against `codes` decoded by `scale` and `offset`. */
function errorOf(values: Float32Array, weights: Float32Array, codes: Uint8Array, scale: number, offset: number): number {
  let error = 0;
  for (let index = 0; index < subLength; index++) {
    const difference = fround(fround(fround(scale * codes[index]!) + offset) - values[index]!);
    error = fround(error + fround(weights[index]! * fround(difference * difference)));
  }
  return error;
}

const trial = new Uint8Array(subLength);

/**
 * The scale and offset (never positive) that reproduce 32 values best: 21 roundings are tried, and a weighted line is fitted to each.
 * Leaves the best rounding in `codes`.
 */
function fitLine(values: Float32Array, weights: Float32Array, codes: Uint8Array): { readonly scale: number; readonly offset: number } {
  let offset = 0;
  let highest = values[0]!;
  let sumWeights = 0;
  let sumValues = 0;
  for (let index = 0; index < subLength; index++) {
    const value = values[index]!;
    offset = Math.min(offset, value);
    highest = Math.max(highest, value);
    sumWeights = fround(sumWeights + weights[index]!);
    sumValues = fround(sumValues + fround(weights[index]! * value));
  }
  codes.fill(0);
  if (highest === offset) return { scale: 0, offset };
  const inverse = fround(15 / fround(highest - offset));
  let scale = fround(1 / inverse);
  for (let index = 0; index < subLength; index++) codes[index] = codeOf(values[index]!, offset, inverse);
  let leastError = errorOf(values, weights, codes, scale, offset);
  for (let step = 0; step <= 20; step++) {
    const tried = fround(fround(fround(fround(fround(0.1) * step) - 1) + 15) / fround(highest - offset));
    let sumCodes = 0;
    let sumSquares = 0;
    let sumProducts = 0;
    for (let index = 0; index < subLength; index++) {
      const code = codeOf(values[index]!, offset, tried);
      const weighted = fround(weights[index]! * code);
      trial[index] = code;
      sumCodes = fround(sumCodes + weighted);
      sumSquares = fround(sumSquares + fround(weighted * code));
      sumProducts = fround(sumProducts + fround(weighted * values[index]!));
    }
    const determinant = fround(fround(sumWeights * sumSquares) - fround(sumCodes * sumCodes));
    if (!(determinant > 0)) continue;
    const crossing = fround(fround(fround(sumSquares * sumValues) - fround(sumCodes * sumProducts)) / determinant);
    const fittedOffset = Math.min(0, crossing);
    const fittedScale =
      crossing > 0 ? fround(sumProducts / sumSquares) : fround(fround(fround(sumWeights * sumProducts) - fround(sumValues * sumCodes)) / determinant);
    const error = errorOf(values, weights, trial, fittedScale, fittedOffset);
    if (error < leastError) {
      leastError = error;
      scale = fittedScale;
      offset = fittedOffset;
      codes.set(trial);
    }
  }
  return { scale, offset };
}

const weights = new Float32Array(subLength);
const blockCodes = new Uint8Array(blockLength);

/** Large values weigh more: the sub-block's root mean square plus each magnitude. */
function weigh(values: Float32Array): Float32Array {
  let squares = 0;
  for (const value of values) squares = fround(squares + fround(value * value));
  const rootMeanSquare = fround(Math.sqrt(fround(squares / subLength)));
  for (let index = 0; index < subLength; index++) weights[index] = rootMeanSquare + Math.abs(values[index]!);
  return weights;
}

/** The eight lines' scales and minimums, in 6 bits each, into the packed bytes; returns the two numbers that one step of each stands for. */
function packLines(scales: readonly number[], minimums: readonly number[], bytes: Uint8Array): readonly [number, number] {
  const largestScale = Math.max(0, ...scales);
  const largestMinimum = Math.max(0, ...minimums);
  const scaleSteps = largestScale > 0 ? fround(63 / largestScale) : 0;
  const minimumSteps = largestMinimum > 0 ? fround(63 / largestMinimum) : 0;
  for (let sub = 0; sub < subs; sub++) {
    const scale = clamp(roundEven(fround(scaleSteps * scales[sub]!)), 0, 63);
    const minimum = clamp(roundEven(fround(minimumSteps * minimums[sub]!)), 0, 63);
    if (sub < 4) {
      bytes[packedAt + sub] = scale;
      bytes[packedAt + sub + 4] = minimum;
    } else {
      bytes[packedAt + sub + 4] = (scale & 15) | ((minimum & 15) << 4);
      bytes[packedAt + sub - 4]! |= (scale >>> 4) << 6;
      bytes[packedAt + sub]! |= (minimum >>> 4) << 6;
    }
  }
  return [fround(largestScale / 63), fround(largestMinimum / 63)];
}

function encodeBlock(values: Float32Array, bytes: Uint8Array): void {
  const lines = Array.from({ length: subs }, (_, sub) => {
    const part = values.subarray(sub * subLength, (sub + 1) * subLength);
    return fitLine(part, weigh(part), blockCodes.subarray(sub * subLength, (sub + 1) * subLength));
  });
  const [scaleStep, minimumStep] = packLines(
    lines.map((line) => line.scale),
    lines.map((line) => -line.offset),
    bytes,
  );
  const blockScale = writeHalf(bytes, 0, scaleStep);
  const blockMinimum = writeHalf(bytes, 2, minimumStep);
  for (let sub = 0; sub < subs; sub++) {
    const scale = fround(blockScale * scaleOf(bytes, packedAt, sub));
    const minimum = fround(blockMinimum * minimumOf(bytes, packedAt, sub));
    if (scale === 0) continue; // keeps the codes of its own line, as the reference does
    for (let index = sub * subLength; index < (sub + 1) * subLength; index++) {
      blockCodes[index] = clamp(roundEven(fround(fround(values[index]! + minimum) / scale)), 0, 15);
    }
  }
  for (let index = 0; index < blockLength / 2; index++) {
    const first = (index >>> 5) * 2 * subLength + (index & 31);
    bytes[codesAt + index] = blockCodes[first]! | (blockCodes[first + subLength]! << 4);
  }
}

export const q4_k: NumberFormat = {
  name: 'Q4_K',
  ggufType: 12,
  ggufFileType: 14,
  blockLength,
  planes: [{ name: 'blocks', blockBytes }],
  decode,
  encode(source, [target]) {
    for (let block = 0; block * blockLength < source.length; block++) {
      encodeBlock(source.subarray(block * blockLength, (block + 1) * blockLength), target!.subarray(block * blockBytes, (block + 1) * blockBytes));
    }
  },
  roundTripBudget: 0.09,
};
