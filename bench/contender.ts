// llmx as an engine under test: the same steps as peer.mjs, through the engine's own sequences, without the command line around them.
import { native } from '../src/core/backends/native/index.js';
import { openCheckpoint } from '../src/core/checkpoints/index.js';
import { createSequences, loadModel } from '../src/core/generate/index.js';
import { serve, type Model, type Settings } from './protocol.mjs';

async function open({ file, threads, context, batch }: Settings): Promise<Model> {
  const checkpoint = await openCheckpoint(file);
  const { engine, model } = await loadModel(checkpoint, native, { contextLength: context, chunk: batch, threads });
  await engine.warm();
  const sequences = createSequences(engine);
  const sequence = sequences.open();
  return {
    description: {
      engine: 'llmx',
      settings: `${threads} threads, batches of ${batch}, F16 cache of ${context}, ${native.describe().text}`,
      vocabulary: model.h.vocabulary,
    },
    truncate: (positions) => sequences.truncate(sequence, positions),
    step: (tokens, _position, logits) => sequences.step([{ sequence, ids: [...tokens], rows: logits ? [tokens.length - 1] : [] }]),
    async close() {
      sequences.close(sequence);
      await engine.close();
    },
  };
}

await serve(open);
