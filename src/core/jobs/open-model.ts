// What every job that runs a model begins with: the reference resolved, the checkpoint read, a backend chosen, the tokenizer made.
import { backends, chooseBackend } from '../backends/index.js';
import type { Backend } from '../backends/backend.js';
import { LlmxError } from '../base/error.js';
import type { Event, Job } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { openCheckpoint, resolveReference } from '../checkpoints/index.js';
import { createTokenizer } from '../text/index.js';
import type { Tokenizer } from '../text/tokenizer.js';

export interface ModelChoice {
  /** A model reference as users write it. */
  readonly reference: string;
  /** A tokenizer file for checkpoints that carry none. */
  readonly tokenizer?: string;
}

export const totalBytes = ({ files }: Checkpoint): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Resolves and reads headers; no weight is touched. */
export async function* openReference({ reference, tokenizer }: ModelChoice): Job<Checkpoint> {
  const path = await resolveReference(reference);
  const checkpoint = await openCheckpoint(path, tokenizer === undefined ? {} : { tokenizer });
  yield { type: 'resolve', reference, path: checkpoint.path, format: checkpoint.format, bytes: totalBytes(checkpoint) };
  return checkpoint;
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

/** Names that users give devices; `auto` takes the fastest that runs here and says once when that is a slow one. */
export function* chooseDevice(device: string): Generator<Event, Backend, void> {
  if (device === 'reference') return backends.reference;
  if (device !== 'auto' && device !== 'cpu') throw new LlmxError('usage', `--device ${device} is not a device`, 'Choose auto, cpu or reference');
  const { backend, slow } = chooseBackend();
  if (slow !== undefined)
    yield {
      type: 'warning',
      code: 'slow-path',
      message: `running on the slow path (${backend.name}): ${slow}`,
      hint: 'With a C++17 compiler, npm run build:native makes it fast',
    };
  return backend;
}
