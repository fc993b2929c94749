// Honest files with a few bytes changed, from a seed: whatever is opened must decode, and whatever is refused must be foreseen.
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { uniform } from '../../../src/core/base/random.js';
import {
  ggufBytes,
  honestGgufParts,
  honestLlama2c,
  honestSafetensorsData,
  honestSafetensorsHeader,
  llama2cBytes,
  llama2cTokenizerBytes,
  safetensorsBytes,
} from '../../support/hostile-bytes.js';
import { attempt, temporaryFolder, watchMemory } from '../../support/hostile-files.js';

const put = temporaryFolder();
watchMemory();

/** Positions and values from a seed: one to eight bytes, or eight bytes of an extreme. */
function mutate(original: Buffer, front: number, seed: number): Buffer {
  const bytes = Buffer.from(original);
  const draw = (counter: number, below: number): number => Math.floor(uniform(20240607, seed, counter) * below);
  if (draw(0, 4) === 0) {
    const extremes = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
    bytes.writeBigUInt64LE(extremes[draw(1, extremes.length)]!, draw(2, Math.max(1, front - 8)));
  } else {
    for (let flip = 0; flip <= draw(3, 8); flip++) bytes[draw(10 + 3 * flip, front)]! ^= 1 << draw(11 + 3 * flip, 8);
  }
  return draw(5, 8) === 0 ? bytes.subarray(0, draw(6, bytes.length)) : bytes;
}

const honestGguf = ggufBytes(honestGgufParts);
const honestSafetensors = safetensorsBytes(honestSafetensorsHeader, honestSafetensorsData);
const tokenizerFile = llama2cTokenizerBytes(5);
const index = Buffer.from(JSON.stringify({ weight_map: { a: 'model.safetensors', b: 'model.safetensors' } }));

put('fuzz-index/model.safetensors', honestSafetensors);

/** Writes a file whose neighbours are written once. */
const beside = (path: string, neighbour: string, contents: string | Uint8Array, result = path): ((bytes: Buffer) => string) => {
  const there = join(dirname(put(neighbour, contents)), basename(result));
  return (bytes) => {
    put(path, bytes);
    return there;
  };
};

// `least`: how many must at least be refused, so that the flips are known to hit something.
test.each<[string, Buffer, number, number, (bytes: Buffer) => string]>([
  ['a GGUF', honestGguf, honestGguf.length - honestGgufParts.data.length, 150, (bytes) => put('fuzz/m.gguf', bytes)],
  [
    'a safetensors file',
    honestSafetensors,
    honestSafetensors.length - honestSafetensorsData.length,
    150,
    beside('fuzz-st/model.safetensors', 'fuzz-st/config.json', '{"a":1}'),
  ],
  ['a shard index', index, index.length, 150, beside('fuzz-index/x.safetensors.index.json', 'fuzz-index/config.json', '{"a":1}')],
  ['a llama2.c file', llama2cBytes(0, honestLlama2c), 28, 150, (bytes) => put('fuzz/m.bin', bytes)],
  ['a llama2.c file of version 2', llama2cBytes(2, honestLlama2c), 64, 50, (bytes) => put('fuzz/m2.bin', bytes)],
  [
    'a llama2.c tokenizer',
    tokenizerFile,
    tokenizerFile.length,
    0,
    beside('fuzz-tokenizer/tok5.bin', 'fuzz-tokenizer/m.bin', llama2cBytes(1, honestLlama2c), 'm.bin'),
  ],
])(
  '300 of %s',
  async (_, original, front, least, write) => {
    let refused = 0;
    for (let seed = 0; seed < 300; seed++) if ((await attempt(write(mutate(original, front, seed)))) !== undefined) refused++;
    expect(refused).toBeGreaterThanOrEqual(least);
  },
  20_000,
);
