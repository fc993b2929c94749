// Opens a model on a device: whole where it fits, its last layers where they do, and on the next backend where none does.
import type { Backend } from '../backends/backend.js';
import { candidatesOf, type Candidate, type DeviceName } from '../backends/devices.js';
import { LlmxError, type ErrorCode } from '../base/error.js';
import type { Job } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { understand } from '../families/model.js';
import { loadModel, type LoadedModel, type LoadOptions } from '../generate/index.js';
import { tellSlow, totalBytes } from './open-model.js';

export interface DeviceOptions {
  readonly device: DeviceName;
  /** Last layers that run on the graphics device; `auto`: as many as fit. */
  readonly gpuLayers: number | 'auto';
}

export interface Opened {
  readonly loaded: LoadedModel;
  /** For people: what runs it. */
  readonly device: string;
  /** Opens it on the next backend, for when this one's device is lost. */
  readonly next?: () => Job<Opened>;
}

/** Failures of one backend that another may not have. */
const tiedToBackend: ReadonlySet<ErrorCode> = new Set(['out-of-memory', 'device-lost', 'unsupported']);
const isTied = (error: unknown): error is LlmxError => error instanceof LlmxError && tiedToBackend.has(error.code);

/** Parts of the layers that are tried where all do not fit. */
const shares = [0.75, 0.5, 0.25];

interface Attempt {
  readonly candidate: Candidate;
  /** Layers on the candidate's own backend; undefined for all. */
  readonly layers: number | undefined;
}

function attemptsOf(candidates: readonly Candidate[], gpuLayers: number | 'auto', layers: number): readonly Attempt[] {
  return candidates.flatMap((candidate): readonly Attempt[] => {
    const { rest } = candidate;
    if (rest === undefined) return [{ candidate, layers: undefined }];
    if (gpuLayers === 0) return [{ candidate: { backend: rest }, layers: undefined }];
    if (gpuLayers !== 'auto') return [{ candidate, layers: gpuLayers < layers ? gpuLayers : undefined }];
    const fewer = [...new Set(shares.map((share) => Math.floor(share * layers)))].filter((count) => count > 0 && count < layers);
    return [undefined, ...fewer].map((count) => ({ candidate, layers: count }));
  });
}

const nameOf = (backend: Backend): string => backend.describe().text ?? backend.name;

function describe({ candidate: { backend, rest }, layers }: Attempt, all: number): string {
  if (layers === undefined || rest === undefined) return nameOf(backend);
  return `${nameOf(backend)} for the last ${layers} of ${all} layers, ${nameOf(rest)} for the others`;
}

/** Warns of each attempt that fails and of slow backends; throws what the last attempt threw. */
export async function* loadOn(checkpoint: Checkpoint, { device, gpuLayers }: DeviceOptions, options: LoadOptions): Job<Opened> {
  const candidates = await candidatesOf(device, totalBytes(checkpoint));
  // What no backend could run is no backend's failure.
  const { layers: all } = (await understand(checkpoint)).h;
  const attempts = attemptsOf(candidates, gpuLayers, all);
  const openFrom = async function* (begin: number): Job<Opened> {
    for (let index = begin; index < attempts.length; index++) {
      const attempt = attempts[index]!;
      const { candidate, layers } = attempt;
      yield* tellSlow(candidate);
      try {
        const rest = layers === undefined ? {} : { rest: { backend: candidate.rest!, layers } };
        const loaded = await loadModel(checkpoint, candidate.backend, { ...options, ...rest });
        const other = attempts.findIndex((each, place) => place > index && each.candidate !== candidate);
        return { loaded, device: describe(attempt, all), ...(other < 0 ? {} : { next: () => openFrom(other) }) };
      } catch (error) {
        const next = attempts[index + 1];
        if (next === undefined || !isTied(error)) throw error;
        yield { type: 'warning', code: 'device-fallback', message: `${error.message}; trying ${describe(next, all)}` };
      }
    }
    throw new LlmxError('internal', `no backend for --device ${device}`);
  };
  return yield* openFrom(0);
}
