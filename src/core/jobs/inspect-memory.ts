// The memory that a model needs for a context, from its plan alone: nothing is opened.
import type { Backend } from '../backends/backend.js';
import type { StoredWeight } from '../checkpoints/checkpoint.js';
import { storedWeights, type Model } from '../families/model.js';
import { planModel } from '../generate/index.js';
import { leavesOf, type Program } from '../graph/program.js';
import { tensorBytes } from './inspect-facts.js';

/** The context that is planned for where none is asked and the model's own is longer. */
const usualContext = 4096;

export interface MemoryNeed {
  readonly backend: string;
  readonly context: number;
  readonly context_from: 'asked' | 'model' | 'usual';
  readonly cache_type: string;
  /** Tokens of a prompt in one step. */
  readonly chunk: number;
  /** Weights that are read where they lie in their files; the system may drop these pages and read them again. */
  readonly mapped_bytes: number;
  /** Weights in the form that runs faster, beside their files. */
  readonly packed_bytes: number;
  /** What one sequence remembers: keys and values by position, recurrent state whole. */
  readonly cache_bytes: number;
  readonly cache: Readonly<Record<string, number>>;
  /** Activations of one step. */
  readonly arena_bytes: number;
  /** Norms, biases and tables as float32. */
  readonly constants_bytes: number;
  readonly total_bytes: number;
}

export interface MemoryOptions {
  /** 0: the model's, at most the usual. */
  readonly contextLength: number;
  readonly chunk: number;
  readonly cacheFormat: 'f16' | 'f32';
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

function leafBytes(program: Program, kind: 'constant' | 'state'): ReadonlyMap<string, number> {
  const names = leavesOf(program, kind);
  return new Map(program.values.flatMap(({ place, bytes }) => (place.kind === kind && names.has(place.name) ? [[place.name, bytes] as const] : [])));
}

const storedBytes = ({ segments }: StoredWeight): number => sum(segments.map(tensorBytes));

export function memoryNeed(model: Model, backend: Backend, options: MemoryOptions): MemoryNeed {
  const asked = options.contextLength > 0;
  const own = model.h.contextLength;
  const planned = planModel(model, backend, { ...options, contextLength: asked ? options.contextLength : Math.min(own, usualContext), threads: 0 });
  const { program, contextLength, chunk } = planned;
  const cache: Record<string, number> = {};
  for (const [name, bytes] of leafBytes(program, 'state')) {
    const kind = name.split('.').at(-1)!;
    cache[kind] = (cache[kind] ?? 0) + bytes;
  }
  const weights = [...storedWeights(model).values()].map((weight) => ({ stored: storedBytes(weight), packed: backend.packedBytes(weight) }));
  const mapped = sum(weights.map(({ stored, packed }) => (packed > 0 ? 0 : stored)));
  const packed = sum(weights.map((weight) => weight.packed));
  const constants = sum(leafBytes(program, 'constant').values());
  const state = sum(Object.values(cache));
  return {
    backend: backend.name,
    context: contextLength,
    context_from: asked ? 'asked' : own <= usualContext ? 'model' : 'usual',
    cache_type: options.cacheFormat,
    chunk,
    mapped_bytes: mapped,
    packed_bytes: packed,
    cache_bytes: state,
    cache,
    arena_bytes: program.arenaBytes,
    constants_bytes: constants,
    total_bytes: mapped + packed + state + program.arenaBytes + constants,
  };
}
