// From an opened checkpoint to a model that can run: understood, compiled for the wanted sizes, opened by a backend.
import { LlmxError } from '../base/error.js';
import type { Sizes } from '../base/shape.js';
import type { Backend, Engine } from '../backends/backend.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { buildGraph, readConstants, storedWeights, understand, type Model } from '../families/model.js';
import { compile } from '../graph/compile.js';
import type { Program } from '../graph/program.js';

/** Positions in a page. Small enough that a short chat wastes little, large enough that a page is one stream of reads. */
export const pageSize = 32;

export interface LoadOptions {
  /** Positions that each sequence may have; 0 takes the model's own. */
  readonly contextLength: number;
  /** Sequences that run side by side, and snapshots of recurrent state kept beside them. */
  readonly sequences?: number;
  readonly snapshots?: number;
  /** Most tokens in one step; 0 takes the backend's. */
  readonly chunk?: number;
  /** Most rows of logits that one step returns. */
  readonly rows?: number;
  readonly cacheFormat?: 'f16' | 'f32';
  readonly threads: number;
  readonly guard?: boolean;
  readonly profile?: boolean;
}

export interface LoadedModel {
  readonly model: Model;
  readonly engine: Engine;
  readonly contextLength: number;
  readonly chunk: number;
}

export interface Planned {
  readonly program: Program;
  readonly contextLength: number;
  readonly chunk: number;
}

/** Pure: the program and sizes for a model. Throws when more context is asked for than the model has. */
export function planModel(model: Model, backend: Pick<Backend, 'promptChunk'>, options: LoadOptions): Planned {
  const contextLength = options.contextLength > 0 ? options.contextLength : model.h.contextLength;
  if (contextLength > model.h.contextLength) {
    throw new LlmxError(
      'usage',
      `a context of ${contextLength} tokens is more than the ${model.h.contextLength} that the model was trained for`,
      'Pass a smaller --ctx-size',
    );
  }
  const chunk = Math.min(options.chunk || backend.promptChunk, contextLength);
  const sequences = options.sequences ?? 1;
  const table = Math.ceil(contextLength / pageSize);
  const sizes: Sizes = {
    tokens: Math.max(chunk, sequences),
    rows: Math.max(options.rows ?? 0, sequences),
    sequences,
    table,
    pages: table * sequences,
    slots: sequences + (options.snapshots ?? 0),
  };
  const graph = buildGraph(model, { pageSize, cacheFormat: options.cacheFormat ?? 'f16' });
  return { program: compile(graph, sizes), contextLength, chunk };
}

export async function loadModel(checkpoint: Checkpoint, backend: Backend, options: LoadOptions): Promise<LoadedModel> {
  const model = await understand(checkpoint);
  const { program, contextLength, chunk } = planModel(model, backend, options);
  const engine = await backend.open({ program, weights: storedWeights(model), constants: await readConstants(model) }, options);
  return { model, engine, contextLength, chunk };
}
