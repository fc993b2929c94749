// What every job that runs a model begins with: the reference resolved, the checkpoint read, a backend chosen, the tokenizer made.
import { stat } from 'node:fs/promises';
import type { Backend } from '../backends/backend.js';
import { candidatesOf, type Candidate, type DeviceName } from '../backends/devices.js';
import { LlmxError } from '../base/error.js';
import type { Event, Job } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { findInHubCache, type HubReference } from '../checkpoints/hub/cache.js';
import { isOffline } from '../checkpoints/hub/settings.js';
import { openCheckpoint, resolveReference } from '../checkpoints/index.js';
import type { Mounts } from '../checkpoints/mounts.js';
import { parseReference } from '../checkpoints/reference.js';
import { createTokenizer } from '../text/index.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { nativeAdvice } from './native-advice.js';
import { readError } from './system-errors.js';

export interface ModelChoice {
  /** A model reference as users write it. */
  readonly reference: string;
  /** A tokenizer file for checkpoints that carry none. */
  readonly tokenizer?: string;
  /** Folder of downloaded models; by default where the environment says. */
  readonly cacheFolder?: string;
  /** Use no network: what is not in the cache is not there. */
  readonly offline?: boolean;
}

const tokenizerKinds = '--tokenizer takes a tokenizer.json, a tokenizer.model, a tokenizer.bin of llama2.c, or a GGUF file';

export const totalBytes = ({ files }: Checkpoint): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

async function checkTokenizerFile(path: string): Promise<void> {
  const facts = await stat(path).catch((error: unknown) => {
    throw readError(path, error, tokenizerKinds);
  });
  if (facts.isDirectory()) throw new LlmxError('unreadable', `${path}: a folder, not a tokenizer file`, tokenizerKinds);
}

export interface Opening {
  readonly signal?: AbortSignal;
  /** Where what only the hub has is mounted, to be read by range while these are open. Without it, it is downloaded. */
  readonly mounts?: Mounts;
}

/** What is on this machine first, if it is whole; else what the hub has, unless the network may not be used. */
async function* openHub(
  reference: HubReference,
  { cacheFolder, offline = false }: ModelChoice,
  read: (path: string) => Promise<Checkpoint>,
  { signal = new AbortController().signal, mounts }: Opening,
): Job<Checkpoint> {
  try {
    return await read(await findInHubCache(reference, cacheFolder));
  } catch (error) {
    if (!(error instanceof LlmxError) || error.code !== 'not-found' || isOffline(offline)) throw error;
  }
  const given = { offline, ...(cacheFolder === undefined ? {} : { cacheFolder }) };
  if (mounts === undefined) {
    const { fetchReference } = await import('./pull.js');
    return read(yield* fetchReference(reference, given, signal));
  }
  const { mountReference } = await import('./hub-plan.js');
  return read(await mountReference(reference, given, mounts, signal));
}

/** Resolves and reads headers; no weight is touched. */
export async function* openReference(choice: ModelChoice, opening: Opening = {}): Job<Checkpoint> {
  const { reference, tokenizer, cacheFolder } = choice;
  const parsed = parseReference(reference);
  if (tokenizer !== undefined) await checkTokenizerFile(tokenizer);
  const read = (path: string): Promise<Checkpoint> => openCheckpoint(path, tokenizer === undefined ? {} : { tokenizer });
  const checkpoint =
    parsed.kind === 'hub' ? yield* openHub(parsed, choice, read, opening) : await read(await resolveReference(reference, cacheFolder));
  yield { type: 'resolve', reference, path: checkpoint.path, format: checkpoint.format, bytes: totalBytes(checkpoint) };
  return checkpoint;
}

/** Throws what is wrong with a choice, for commands that would ask for more before they run. */
export async function checkReference(choice: ModelChoice): Promise<void> {
  const job = openReference(choice);
  while ((await job.next()).done !== true);
}

export async function tokenizerOf({ path, tokenizer, tokenizerProblem }: Checkpoint): Promise<Tokenizer> {
  if (tokenizer === undefined)
    throw new LlmxError(
      'not-found',
      `${path}: no tokenizer${tokenizerProblem === undefined ? '' : `: ${tokenizerProblem}`}`,
      'Pass --tokenizer FILE',
    );
  return createTokenizer(tokenizer);
}

export function* tellSlow({ backend, slow }: Candidate): Generator<Event, void, void> {
  if (slow !== undefined)
    yield { type: 'warning', code: 'slow-path', message: `running on the slow path (${backend.name}): ${slow}`, hint: nativeAdvice() };
}

/** The best backend of a device, for jobs that measure that one and no other. `told`: those that were warned of. */
export async function* chooseDevice(device: DeviceName, modelBytes: number, told: Set<Backend>): Job<Backend> {
  const [best] = await candidatesOf(device, modelBytes);
  if (!told.has(best.backend)) yield* tellSlow(best);
  told.add(best.backend);
  return best.backend;
}
