// llama.cpp as an engine under test, by node-llama-cpp, set up as llama-bench does: F16 cache, mapped file, repacked weights, automatic
// flash attention, no sampling. It calls the addon's batch functions (private to the library, hence the pinned version) instead of
// the library's queue: the cost over llama.cpp's own clock is 0.2 ms a step.
import { readFileSync } from 'node:fs';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { serve } from './protocol.mjs';

const sequence = 0;
const { version } = JSON.parse(readFileSync(new URL('node_modules/node-llama-cpp/package.json', import.meta.url), 'utf8'));

async function open({ file, threads, context: positions, batch }) {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: file, useMmap: true, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: positions, batchSize: batch, sequences: 1, threads, flashAttention: 'auto' });
  const addon = context._ctx;
  return {
    description: {
      engine: `llama.cpp ${llama.llamaCppRelease.release} (node-llama-cpp ${version})`,
      settings: `${addon.getThreads()} threads, batches of ${batch}, F16 cache of ${context.contextSize}, flash attention automatic, mapped, repacked`,
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
