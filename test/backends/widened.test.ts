// Weights in a format without a kernel of its own: the native backend widens them and must agree with the reference.
import { describe, expect, test } from 'vitest';
import { backends } from '../../src/core/backends/index.js';
import type { Backend } from '../../src/core/backends/backend.js';
import { normal } from '../../src/core/base/random.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createSequences, loadModel } from '../../src/core/generate/index.js';
import { disagreement } from '../support/compare.js';
import { llama2cBytes } from '../support/hostile-bytes.js';
import { temporaryFolder } from '../support/hostile-files.js';

const put = temporaryFolder();
const group = 32;
const fields = { dim: 64, hidden: 96, layers: 2, heads: 4, keyHeads: 2, vocabulary: 96, context: 32 };
const headerBytes = 256;

/** A llama2.c version 2 file with random codes and scales in place of the counting ones. */
function randomVersion2(): Buffer {
  const bytes = llama2cBytes(2, fields, { group });
  const { dim, hidden, layers, heads, keyHeads, vocabulary } = fields;
  const keys = (dim / heads) * keyHeads;
  const norms = (2 * layers + 1) * dim;
  for (let index = 0; index < norms; index++) bytes.writeFloatLE(1 + 0.1 * normal(1, 0, index), headerBytes + 4 * index);
  let at = headerBytes + 4 * norms;
  const perLayer = [dim * dim, keys * dim, keys * dim, dim * dim, hidden * dim, dim * hidden, hidden * dim];
  for (const values of [vocabulary * dim, ...perLayer.flatMap((values) => new Array<number>(layers).fill(values))]) {
    for (let index = 0; index < values; index++) bytes.writeInt8(Math.max(-127, Math.min(127, Math.round(40 * normal(2, at, index)))), at + index);
    for (let index = 0; index < values / group; index++) bytes.writeFloatLE(0.003, at + values + 4 * index);
    at += values + (4 * values) / group;
  }
  expect(at).toBe(bytes.length);
  return bytes;
}

async function logits(path: string, backend: Backend): Promise<Float32Array> {
  const { engine, model } = await loadModel(await openCheckpoint(path), backend, {
    contextLength: 32,
    chunk: 8,
    rows: 8,
    cacheFormat: 'f32',
    threads: 2,
  });
  const sequences = createSequences(engine);
  await sequences.step([{ sequence: sequences.open(), ids: [1, 5, 9, 40, 77, 3], rows: [0, 5] }]);
  const both = new Float32Array(2 * model.h.vocabulary);
  await sequences.logits(0, both.subarray(0, model.h.vocabulary));
  await sequences.logits(1, both.subarray(model.h.vocabulary));
  await engine.close();
  return both;
}

const { text: nativeText, problem: nativeProblem } = backends.native.describe();

describe.skipIf(nativeText === undefined)(`native${nativeProblem === undefined ? '' : ` (skipped: ${nativeProblem})`}`, () => {
  test('llama2.c version 2 in groups of 32', async () => {
    const path = put('version2.bin', randomVersion2());
    const expected = await logits(path, backends.reference);
    expect(expected.some((value) => Math.abs(value) > 0.1)).toBe(true);
    expect(disagreement(await logits(path, backends.native), expected, 1e-10)).toBeUndefined();
  });
});
