// Graphs that llmx convert writes, judged by ONNX Runtime: `npx tsx bench/judge-onnx.ts MODEL.onnx SOURCE [MODEL.onnx SOURCE ...]`. Logits of
// every position of three prompts, at once and token by token, against llmx on SOURCE. Exits 3 beyond the bound.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { allLogits } from '../src/core/measure/divergence.js';
import { askJudge, bound, openJudged, promptLength, promptsFor } from './judged.js';

/** Normalised mean square errors of what the runtime says, at once and token by token. */
async function judge(graph: string, source: string): Promise<readonly number[]> {
  const loaded = await openJudged(source);
  const { vocabulary } = loaded.model.h;
  const prompts = promptsFor(vocabulary);
  const file = statSync(graph).isDirectory() ? join(graph, 'model.onnx') : graph;
  const judged = askJudge('judge-onnx.mjs', file, prompts);
  const theirs = new Float32Array(judged.buffer.slice(judged.byteOffset, judged.byteOffset + judged.byteLength));
  const size = promptLength * vocabulary;
  if (theirs.length !== 2 * prompts.length * size) throw new Error(`${graph}: ${theirs.length} logits, expected ${2 * prompts.length * size}`);
  const [errors, total] = [
    [0, 0],
    [0, 0],
  ];
  for (const [index, ids] of prompts.entries()) {
    const ours = await allLogits(loaded, ids);
    for (const way of [0, 1])
      for (let at = 0; at < size; at++) {
        errors[way]! += (theirs[(2 * index + way) * size + at]! - ours[at]!) ** 2;
        total[way]! += ours[at]! ** 2;
      }
  }
  await loaded.engine.close();
  return errors.map((error, way) => error / total[way]!);
}

const pairs = process.argv.slice(2);
if (pairs.length === 0 || pairs.length % 2 === 1) throw new Error('judge-onnx.ts MODEL.onnx SOURCE [MODEL.onnx SOURCE ...]');
for (let at = 0; at < pairs.length; at += 2) {
  const [atOnce, stepwise] = await judge(pairs[at]!, pairs[at + 1]!);
  console.log(`${pairs[at]}: nmse ${atOnce!.toExponential(2)} at once, ${stepwise!.toExponential(2)} token by token (bound ${bound})`);
  if (!(Math.max(atOnce!, stepwise!) <= bound)) process.exitCode = 3;
}
