// Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011): the same seed and counter give the same number anywhere,
// in any order, on any number of threads.

const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
const weyl = [0x9e3779b9, 0xbb67ae85] as const;

/** High and low 32 bits of a product of two unsigned 32-bit integers. */
function wideMultiply(left: number, right: number): readonly [high: number, low: number] {
  const [leftHigh, leftLow, rightHigh, rightLow] = [left >>> 16, left & 0xffff, right >>> 16, right & 0xffff];
  const low = leftLow * rightLow;
  const middle = leftHigh * rightLow + (low >>> 16);
  const cross = leftLow * rightHigh + (middle & 0xffff);
  return [(leftHigh * rightHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0, Math.imul(left, right) >>> 0];
}

type Four = readonly [number, number, number, number];

/** Four unsigned 32-bit integers for a key of two words and a counter of four. */
export function philox(key: readonly [number, number], counter: Four): Four {
  let [a, b, c, d] = counter.map((word) => word >>> 0) as [number, number, number, number];
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = wideMultiply(multipliers[0], a);
    const [high1, low1] = wideMultiply(multipliers[1], c);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    [k0, k1] = [(k0 + weyl[0]) >>> 0, (k1 + weyl[1]) >>> 0];
  }
  return [a, b, c, d];
}

/** Uniform in [0, 1) with 53 bits, for a seed below 2^53, a stream and a counter. */
export function uniform(seed: number, stream: number, counter: number): number {
  const [high, low] = philox([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0], [counter >>> 0, stream >>> 0, 0, 0]);
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/** Standard normal by Box and Muller, from two uniforms of the same counter. */
export function normal(seed: number, stream: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, stream, 2 * counter)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, stream, 2 * counter + 1));
}
