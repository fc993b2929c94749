// llama.cpp as an engine under test, by node-llama-cpp, set up as llama-bench does: F16 cache, mapped file, repacked weights, automatic
// flash attention, no sampling. It calls the addon's batch functions (private to the library, hence the pinned version) instead of
// the library's queue: the cost over llama.cpp's own clock is 0.2 ms a step.
import { readFileSync } from 'node:fs';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { serve } from './protocol.mjs';

const sequence = 0;
const { version } = JSON.parse(readFileSync(new URL('node_modules/node-llama-cpp/package.json', import.meta.url), 'utf8'));

/** Where the layers run, in words. Without a device that it likes, llama.cpp would run on the processor and say nothing. */
async function placeOf(llama, model, threads) {
  if (llama.gpu === false) return `${threads} threads, weights repacked`;
  const names = await llama.getGpuDeviceNames();
  if (names.length === 0 || model.gpuLayers === 0) throw new Error(`no device for ${llama.gpu}`);
  return `${model.gpuLayers} layers by ${llama.gpu} on ${names.join(', ')}`;
}

async function open({ file, threads, context: positions, batch, gpu = false }) {
  const llama = await getLlama({ gpu, build: 'never', logLevel: LlamaLogLevel.error });
  const unchecked = { ignoreMemorySafetyChecks: gpu !== false };
  const model = await llama.loadModel({ modelPath: file, useMmap: true, gpuLayers: gpu === false ? 0 : 'max', ...unchecked });
  const context = await model.createContext({
    contextSize: positions,
    batchSize: batch,
    sequences: 1,
    threads,
    flashAttention: 'auto',
    ...unchecked,
  });
  const addon = context._ctx;
  const place = await placeOf(llama, model, addon.getThreads());
  return {
    description: {
      engine: `llama.cpp ${llama.llamaCppRelease.release} (node-llama-cpp ${version})`,
      settings: `${place}, batches of ${batch}, F16 cache of ${context.contextSize}, flash attention automatic, mapped`,
      vocabulary: model.fileInfo.metadata.tokenizer.ggml.tokens.length,
    },
    truncate(position) {
      if (!addon.removeTokenCellsFromSequence(sequence, position, -1)) throw new Error('the cache kept its positions');
    },
    step(tokens, position, logits) {
      addon.initBatch(tokens.length);
      addon.addToBatch(sequence, position, tokens, logits ? Uint32Array.of(tokens.length - 1) : new Uint32Array(0));
      return addon.decodeBatch();
    },
    async close() {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

await serve(open);
