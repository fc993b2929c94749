// ggml's tensor types by id: the layout of every one, also of those that llmx cannot decode (offsets depend on them all).
import { numberFormatByGgufType, numberFormats, type NumberFormatKey } from '../numbers/index.js';

export interface GgufType {
  readonly name: string;
  readonly blockLength: number;
  readonly blockBytes: number;
  /** The row of numbers/ that decodes it. */
  readonly format: NumberFormatKey | undefined;
}

/** Types without a row: id, name, values in a block, its bytes. */
const others: readonly (readonly [number, string, number, number])[] = [
  [3, 'Q4_1', 32, 20],
  [6, 'Q5_0', 32, 22],
  [7, 'Q5_1', 32, 24],
  [9, 'Q8_1', 32, 36],
  [10, 'Q2_K', 256, 84],
  [11, 'Q3_K', 256, 110],
  [13, 'Q5_K', 256, 176],
  [15, 'Q8_K', 256, 292],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [20, 'IQ4_NL', 32, 18],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [23, 'IQ4_XS', 256, 136],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
  [42, 'Q2_0', 64, 18],
];
const byId = new Map<number, GgufType>(
  others.map(([id, name, blockLength, blockBytes]) => [id, { name, blockLength, blockBytes, format: undefined }]),
);

export function ggufType(id: number): GgufType | undefined {
  const format = numberFormatByGgufType(id);
  if (format === undefined) return byId.get(id);
  const { name, blockLength, planes } = numberFormats[format];
  return { name, blockLength, blockBytes: planes[0]!.blockBytes, format };
}
