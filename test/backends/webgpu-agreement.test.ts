// The bundled model as WGSL beside the CPU: greedy text of F16 weights, and the same next tokens in the formats whose activations the CPU
// rounds to 8 bits.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import { backends } from '../../src/core/backends/index.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import type { Checkpoint, Tensor } from '../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { decodeTensor } from '../../src/core/checkpoints/read-tensor.js';
import { createSequences, loadModel, type LoadedModel } from '../../src/core/generate/index.js';
import { logSumExp } from '../../src/core/generate/logprobs.js';
import { argmax } from '../../src/core/generate/samplers/index.js';
import { numberFormats, type NumberFormatKey } from '../../src/core/numbers/index.js';
import { planeBytes } from '../../src/core/numbers/number-format.js';
import { createTokenizer } from '../../src/core/text/index.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

const root = join(import.meta.dirname, '../../fixtures/storyteller');
const stories = (await readFile(join(root, 'heldout.txt'), 'utf8')).replace(/\n$/, '').split('\n----\n');
const chunk = 128;
/** Predictions that are compared, at least. The software device takes a minute for 2,000 of them, so all four formats have fewer unasked. */
const wanted = process.env['LLMX_TEST_LONG'] === '1' ? 2000 : 500;

await prepareSoftGpu();

/** The checkpoint with every matrix in another number format, in files of the folder. */
async function inFormat(checkpoint: Checkpoint, key: NumberFormatKey, folder: string): Promise<Checkpoint> {
  const format = numberFormats[key];
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    if (tensor.shape.length < 2) {
      tensors.set(name, tensor);
      continue;
    }
    const values = await decodeTensor(tensor);
    const stored = new Uint8Array(planeBytes(format, values.length));
    format.encode!(values, [stored]);
    const file = join(folder, `${name}.${key}`);
    await writeFile(file, stored);
    tensors.set(name, { ...tensor, format: key, planes: [{ file, offset: 0, length: stored.length }] });
  }
  return { ...checkpoint, tensors };
}

const load = (checkpoint: Checkpoint, backend: Backend): Promise<LoadedModel> =>
  loadModel(checkpoint, backend, { contextLength: 512, chunk, rows: chunk, threads: 2 });

/** Logits of every position of the texts, a chunk at a time, from both models. */
async function* sideBySide(
  models: readonly [LoadedModel, LoadedModel],
  texts: readonly (readonly number[])[],
): AsyncGenerator<readonly [Float32Array, Float32Array]> {
  const sequences = models.map(({ engine }) => createSequences(engine));
  const rows = models.map(({ model }) => new Float32Array(model.h.vocabulary));
  for (const ids of texts) {
    const opened = sequences.map((each) => each.open());
    for (let begin = 0; begin < ids.length; begin += chunk) {
      const part = ids.slice(begin, begin + chunk);
      for (const [index, each] of sequences.entries()) await each.step([{ sequence: opened[index]!, ids: part, rows: [...part.keys()] }]);
      for (const row of part.keys()) {
        for (const [index, each] of sequences.entries()) await each.logits(row, rows[index]!);
        yield [rows[0]!, rows[1]!];
      }
    }
    sequences.forEach((each, index) => each.close(opened[index]!));
  }
}

/** KL(p || q) in nats of the distributions of two rows of logits. */
function divergence(p: Float32Array, q: Float32Array): number {
  const [sumP, sumQ] = [logSumExp(p), logSumExp(q)];
  return p.reduce((total, logit, id) => total + Math.exp(logit - sumP) * (logit - sumP - (q[id]! - sumQ)), 0);
}

const problem = softGpuProblem ?? (backends.native.describe().text === undefined ? 'no native backend' : undefined);

describe.skipIf(problem !== undefined)(`SwiftShader${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
  const webgpu = createWebGpu({ name: softGpuName });

  for (const key of ['f16', 'q8-0', 'q4-0', 'q4-k'] as const) {
    test(`${key}: top-1 agreement of at least 98 % and a mean KL of at most 1e-3 over ${wanted} tokens`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'llmx-agreement-'));
      const source = await openCheckpoint(join(root, 'f16'));
      const tokenizer = await createTokenizer(source.tokenizer!);
      const checkpoint = await inFormat(source, key, folder);
      const models = [await load(checkpoint, backends.native), await load(checkpoint, webgpu)] as const;
      let [same, total, kl] = [0, 0, 0];
      try {
        const texts: number[][] = [];
        for (let length = 0; length < wanted; length += texts.at(-1)!.length) texts.push([...tokenizer.encode(stories[texts.length]!)].slice(0, 512));
        for await (const [cpu, gpu] of sideBySide(models, texts)) {
          same += argmax(cpu) === argmax(gpu) ? 1 : 0;
          kl += divergence(cpu, gpu);
          total++;
        }
      } finally {
        for (const { engine } of models) await engine.close();
        await rm(folder, { recursive: true, force: true });
      }
      expect(total).toBeGreaterThanOrEqual(wanted);
      expect(same / total).toBeGreaterThanOrEqual(0.98);
      expect(kl / total).toBeLessThanOrEqual(1e-3);
    }, 300_000);
  }
});
