// llama.cpp as an engine under test, by node-llama-cpp, set up as llama-bench does: F16 cache, mapped file, repacked weights,
// automatic flash attention, batches of 512. It calls the addon's batch functions, one for each step, without the library's queue.
import { readFileSync } from 'node:fs';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { promptToken, serve } from './protocol.mjs';

const batchTokens = 512;
const sequence = 0;
const noLogits = new Uint32Array(0);

let model;
let context;
let addon;
let sampler;
let vocabulary = 0;
let cached = 0;

/** Decodes tokens at the end of the cache; with `logits`, those of the last. */
function decode(tokens, logits) {
  addon.initBatch(tokens.length);
  const [row] = addon.addToBatch(sequence, cached, tokens, logits ? Uint32Array.of(tokens.length - 1) : noLogits);
  cached += tokens.length;
  const decoded = addon.decodeBatch();
  return decoded.then(() => row);
}

async function fill(tokens) {
  while (cached < tokens) {
    const length = Math.min(batchTokens, tokens - cached);
    const from = cached;
    await decode(
      Uint32Array.from({ length }, (_, index) => promptToken(from + index, vocabulary)),
      from + length === tokens,
    );
  }
}

function truncate(tokens) {
  if (cached > tokens) addon.removeTokenCellsFromSequence(sequence, tokens, -1);
  cached = Math.min(cached, tokens);
}

/** Runs the work and returns its seconds. */
async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function generate(tokens, depth) {
  truncate(depth);
  await fill(depth);
  let token = promptToken(depth, vocabulary);
  return timed(async () => {
    for (let step = 0; step < tokens; step++) {
      const row = await decode(Uint32Array.of(token), true);
      token = sampler === undefined ? promptToken(depth + step + 1, vocabulary) : await addon.sampleToken(row, sampler);
    }
  });
}

async function prepare({ file, threads, context: positions }) {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  model = await llama.loadModel({ modelPath: file, useMmap: true, gpuLayers: 0 });
  context = await model.createContext({ contextSize: positions, batchSize: batchTokens, sequences: 1, threads, flashAttention: 'auto' });
  addon = context._ctx;
  vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  if (process.env.BENCH_SAMPLE) { sampler = new llama._bindings.AddonSampler(model._model); sampler.applyConfig({ temperature: 0 }); }
  await generate(1, 0);
  truncate(0);
  await fill(Math.min(batchTokens, positions));
  const { version } = JSON.parse(readFileSync(new URL('node_modules/node-llama-cpp/package.json', import.meta.url), 'utf8'));
  return {
    engine: `llama.cpp ${llama.llamaCppRelease.release} (node-llama-cpp ${version})`,
    settings: `${addon.getThreads()} threads, batches of ${batchTokens}, F16 cache of ${context.contextSize}, flash attention automatic, mapped, repacked`,
    vocabulary,
  };
}

await serve({
  prepare,
  generate,
  async prompt(tokens) {
    truncate(0);
    return timed(() => fill(tokens));
  },
  async close() {
    await context?.dispose();
    await model?.dispose();
  },
});
