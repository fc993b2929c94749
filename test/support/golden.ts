// Reads a family fixture's expected.safetensors: int32 `input_ids` (2, S) and `greedy` (2, n), float32 `logits` (2, S, V).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Golden {
  readonly ids: readonly (readonly number[])[];
  readonly logits: readonly Float32Array[];
  readonly greedy: readonly (readonly number[])[];
}

export async function readGolden(folder: string, file = 'expected.safetensors'): Promise<Golden> {
  const bytes = await readFile(join(folder, file));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const part = (name: string): { shape: number[]; buffer: ArrayBuffer } => {
    const {
      shape,
      data_offsets: [begin, end],
    } = header[name]!;
    return { shape, buffer: new Uint8Array(bytes.subarray(8 + headerLength + begin, 8 + headerLength + end)).buffer };
  };
  const rows = <T extends Int32Array | Float32Array>(whole: T, count: number): T[] => {
    const length = whole.length / count;
    return Array.from({ length: count }, (_, row) => whole.subarray(row * length, (row + 1) * length) as T);
  };
  const integers = (name: string): number[][] => {
    const { shape, buffer } = part(name);
    return rows(new Int32Array(buffer), shape[0]!).map((row) => [...row]);
  };
  const { shape, buffer } = part('logits');
  return { ids: integers('input_ids'), logits: rows(new Float32Array(buffer), shape[0]!), greedy: integers('greedy') };
}
