// llama.cpp's word on a GGUF: log-probabilities of every token after each position of a prompt, as one JSON line for each prompt.
// `node bench/judge-llama.mjs FILE '[[1,403,407],[1,2]]'`; float32 cache, no flash attention: as exact as it can be.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [file, prompts] = [process.argv[2], JSON.parse(process.argv[3])];
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
for (const ids of prompts) {
  const context = await model.createContext({
    contextSize: 64,
    sequences: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();
  const input = ids.map((id) => [id, { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } }]);
  const output = await sequence.controlledEvaluate(input);
  const rows = output.map(({ next }) => [...next.probabilities].map(([id, probability]) => [id, Math.log(probability)]));
  console.log(JSON.stringify(rows));
  await context.dispose();
}
await model.dispose();
await llama.dispose();
