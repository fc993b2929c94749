// What every job that runs a model begins with: the reference resolved, the checkpoint read, a backend chosen, the tokenizer made.
import { stat } from 'node:fs/promises';
import type { Backend } from '../backends/backend.js';
import { candidatesOf, type Candidate, type DeviceName } from '../backends/devices.js';
import { LlmxError } from '../base/error.js';
import type { Event, Job } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { openCheckpoint, resolveReference } from '../checkpoints/index.js';
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
}

const tokenizerKinds = '--tokenizer takes a tokenizer.json, a tokenizer.model, a tokenizer.bin of llama2.c, or a GGUF file';

export const totalBytes = ({ files }: Checkpoint): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

async function checkTokenizerFile(path: string): Promise<void> {
  const facts = await stat(path).catch((error: unknown) => {
    throw readError(path, error, tokenizerKinds);
  });
  if (facts.isDirectory()) throw new LlmxError('unreadable', `${path}: a folder, not a tokenizer file`, tokenizerKinds);
}

/** Resolves and reads headers; no weight is touched. */
export async function* openReference({ reference, tokenizer, cacheFolder }: ModelChoice): Job<Checkpoint> {
  const path = await resolveReference(reference, cacheFolder);
  if (tokenizer !== undefined) await checkTokenizerFile(tokenizer);
  const checkpoint = await openCheckpoint(path, tokenizer === undefined ? {} : { tokenizer });
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
