// From an opened checkpoint to a model that can run: understood, compiled for the wanted sizes, opened by a backend.
import { LlmxError } from '../base/error.js';
import type { Sizes } from '../base/shape.js';
import type { Backend, Engine } from '../backends/backend.js';
import { openSplit, partOf } from '../backends/split-engine.js';
import { layerName } from '../blocks/block.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { buildGraph, readConstants, storedWeights, understand, type Model } from '../families/model.js';
import { compile } from '../graph/compile.js';
import { cut, nodeOf } from '../graph/cut.js';
import { fuse } from '../graph/fuse.js';
import type { Graph } from '../graph/graph.js';
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
  /** Runs the layers that the backend does not. */
  readonly rest?: Rest;
}

/** Layers before the last `layers` ones, and the embedding, run on another backend, as the native one; the last ones and the head on the model's own. */
export interface Rest {
  readonly backend: Backend;
  readonly layers: number;
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

interface Sized {
  readonly sizes: Sizes;
  readonly contextLength: number;
  readonly chunk: number;
}

/** The largest step of a model. Throws when more context is asked for than the model has. */
function sizesOf({ h }: Model, backend: Pick<Backend, 'promptChunk'>, options: LoadOptions): Sized {
  const contextLength = options.contextLength > 0 ? options.contextLength : h.contextLength;
  if (contextLength > h.contextLength) {
    throw new LlmxError(
      'usage',
      `a context of ${contextLength} tokens is more than the ${h.contextLength} that the model was trained for`,
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
  return { sizes, contextLength, chunk };
}

const graphOf = (model: Model, { cacheFormat = 'f16' }: LoadOptions): Graph => buildGraph(model, { pageSize, cacheFormat });

/** Pure: the program and sizes for a model. Throws when more context is asked for than the model has. */
export function planModel(model: Model, backend: Pick<Backend, 'promptChunk' | 'fusions'>, options: LoadOptions): Planned {
  const { sizes, contextLength, chunk } = sizesOf(model, backend, options);
  return { program: compile(fuse(graphOf(model, options), backend.fusions), sizes), contextLength, chunk };
}

/** One engine out of two backends: the graph is cut where the first of the last layers begins. */
async function openParts(model: Model, backend: Backend, rest: Rest, options: LoadOptions): Promise<LoadedModel> {
  const { sizes, contextLength, chunk } = sizesOf(model, backend, options);
  const graph = graphOf(model, options);
  const at = nodeOf(graph, layerName(model.h.layers - rest.layers, ''));
  if (at === undefined) throw new LlmxError('internal', `no layer ${model.h.layers - rest.layers} to cut at`);
  const { first, second, crossings } = cut(graph, at);
  const stored = { weights: storedWeights(model), constants: await readConstants(model, contextLength) };
  const part = (each: Backend, piece: Graph) => (): Promise<Engine> => each.open(partOf(stored, compile(fuse(piece, each.fusions), sizes)), options);
  const engine = await openSplit(part(rest.backend, first), part(backend, second), crossings);
  return { model, engine, contextLength, chunk };
}

export async function loadModel(checkpoint: Checkpoint, backend: Backend, options: LoadOptions): Promise<LoadedModel> {
  const model = await understand(checkpoint);
  const { rest } = options;
  if (rest !== undefined && rest.layers < model.h.layers) return openParts(model, backend, rest, options);
  const { program, contextLength, chunk } = planModel(model, backend, options);
  const engine = await backend.open({ program, weights: storedWeights(model), constants: await readConstants(model, contextLength) }, options);
  return { model, engine, contextLength, chunk };
}
