// MLX's affine groups: unsigned codes as a little-endian bit stream, and a scale and a bias of 16 bits for each group; value =
// code x scale + bias. Scales may be negative. One row for each width of a code, length of a group and type of the scales.
import { f16 } from './f16.js';
import { bf16 } from './bf16.js';
import { clamp, type NumberFormat } from './number-format.js';

const codeBits = [2, 3, 4, 6, 8] as const;
const groupLengths = [32, 64, 128] as const;
const scaleFormats = { f16, bf16 } as const;

type CodeBits = (typeof codeBits)[number];
type GroupLength = (typeof groupLengths)[number];
type ScaleKey = keyof typeof scaleFormats;
export type MlxKey = `mlx-${CodeBits}-${GroupLength}-${ScaleKey}`;

/** Codes one after the other, the least significant bit first. */
function unpack(bytes: Uint8Array, bits: number, codes: Uint8Array): void {
  const mask = (1 << bits) - 1;
  for (let index = 0, at = 0; index < codes.length; index++, at += bits) {
    const byte = at >>> 3;
    codes[index] = ((bytes[byte]! | ((bytes[byte + 1] ?? 0) << 8)) >>> (at & 7)) & mask & 0xff;
  }
}

function pack(codes: Uint8Array, bits: number, bytes: Uint8Array): void {
  bytes.fill(0);
  for (let index = 0, at = 0; index < codes.length; index++, at += bits) {
    const word = codes[index]! << (at & 7);
    bytes[at >>> 3]! |= word & 0xff;
    if (word > 0xff) bytes[(at >>> 3) + 1]! |= word >>> 8;
  }
}

/** MLX computes no step smaller than this. */
const leastScale = Math.fround(1e-7);
const { fround } = Math;

/** Scale and bias of a group as MLX's `quantize` finds them: the edge that is farther from zero is hit exactly. */
function fit(values: Float32Array, steps: number): { readonly scale: number; readonly bias: number } {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const isLow = Math.abs(least) > Math.abs(most);
  const step = Math.max(fround(fround(most - least) / steps), leastScale);
  const scale = isLow ? step : -step;
  const edge = isLow ? least : most;
  const code = Math.round(fround(edge / scale));
  return code === 0 ? { scale, bias: 0 } : { scale: fround(edge / code), bias: edge };
}

/** Largest error of codes that are half a step off, for a range of 4, and what 16 bits of scale and bias add to it. */
const budgetOf = (bits: number, scaleKey: ScaleKey): number => (4 / (2 ** bits - 1)) * 0.32 + (scaleKey === 'f16' ? 0.0006 : 0.003);

function affine(bits: CodeBits, blockLength: GroupLength, scaleKey: ScaleKey): NumberFormat {
  const scaleFormat = scaleFormats[scaleKey];
  const steps = 2 ** bits - 1;
  return {
    name: `MLX_Q${bits}_G${blockLength}_${scaleFormat.name}`,
    planeType: scaleFormat.safetensors!,
    blockLength,
    planes: [
      { name: 'weight', blockBytes: (blockLength * bits) / 8 },
      { name: 'scales', blockBytes: 2 },
      { name: 'biases', blockBytes: 2 },
    ],
    decode([stream, scaleBytes, biasBytes], target) {
      const groups = target.length / blockLength;
      const [scales, biases] = [new Float32Array(groups), new Float32Array(groups)];
      scaleFormat.decode([scaleBytes!], scales);
      scaleFormat.decode([biasBytes!], biases);
      const codes = new Uint8Array(target.length);
      unpack(stream!, bits, codes);
      for (let index = 0; index < target.length; index++) {
        const group = Math.floor(index / blockLength);
        target[index] = fround(codes[index]! * scales[group]!) + biases[group]!;
      }
    },
    encode(source, [stream, scaleBytes, biasBytes]) {
      const groups = source.length / blockLength;
      const [scales, biases] = [new Float32Array(groups), new Float32Array(groups)];
      const codes = new Uint8Array(source.length);
      for (let group = 0; group < groups; group++) {
        const values = source.subarray(group * blockLength, (group + 1) * blockLength);
        const { scale, bias } = fit(values, steps);
        scales[group] = scale;
        biases[group] = bias;
        for (let index = 0; index < blockLength; index++)
          codes[group * blockLength + index] = clamp(Math.round(fround(fround(values[index]! - bias) / scale)), 0, steps);
      }
      pack(codes, bits, stream!);
      scaleFormat.encode!(scales, [scaleBytes!]);
      scaleFormat.encode!(biases, [biasBytes!]);
    },
    roundTripBudget: budgetOf(bits, scaleKey),
  };
}

export const mlxKey = (bits: CodeBits, groupLength: GroupLength, scales: ScaleKey): MlxKey => `mlx-${bits}-${groupLength}-${scales}`;

/** Every row, by its key. */
export const mlxAffine = Object.fromEntries(
  codeBits.flatMap((bits) =>
    groupLengths.flatMap((length) =>
      (Object.keys(scaleFormats) as ScaleKey[]).map((scales) => [mlxKey(bits, length, scales), affine(bits, length, scales)] as const),
    ),
  ),
) as Readonly<Record<MlxKey, NumberFormat>>;

export const isMlxShape = (bits: number, length: number): boolean =>
  (codeBits as readonly number[]).includes(bits) && (groupLengths as readonly number[]).includes(length);
