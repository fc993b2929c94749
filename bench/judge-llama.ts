// Files that llmx convert writes, judged by llama.cpp: `npx tsx bench/judge-llama.ts FILE.gguf [SOURCE]`. Log-probabilities of every token
// after each position of three prompts, llama.cpp on FILE against llmx on SOURCE (or on FILE). Exits 3 beyond the bound.
import { logSumExp } from '../src/core/generate/logprobs.js';
import { allLogits } from '../src/core/measure/divergence.js';
import { askJudge, bound, openJudged, promptsFor } from './judged.js';

async function main([file, source = file]: readonly string[]): Promise<void> {
  if (file === undefined || source === undefined) throw new Error('judge-llama.ts FILE.gguf [SOURCE]');
  const loaded = await openJudged(source);
  const { vocabulary } = loaded.model.h;
  const prompts = promptsFor(vocabulary);
  const judge = askJudge('judge-llama.mjs', file, prompts).toString();
  let [squares, total, same, rows] = [0, 0, 0, 0];
  for (const [index, line] of judge.trim().split('\n').entries()) {
    const theirs = JSON.parse(line) as readonly (readonly (readonly [number, number])[])[];
    const ours = await allLogits(loaded, prompts[index]!);
    for (const [position, pairs] of theirs.entries()) {
      const row = ours.subarray(position * vocabulary, (position + 1) * vocabulary);
      const shift = logSumExp(row);
      for (const [id, logprob] of pairs) {
        squares += (row[id]! - shift - logprob) ** 2;
        total += logprob ** 2;
      }
      rows++;
      if (row.indexOf(Math.max(...row)) === pairs[0]![0]) same++;
    }
  }
  await loaded.engine.close();
  const nmse = squares / total;
  console.log(`${file}: ${rows} positions, nmse ${nmse.toExponential(2)} (bound ${bound}), the same likeliest token at ${same}`);
  if (!(nmse <= bound)) process.exitCode = 3;
}

await main(process.argv.slice(2));
