// Writes a file in order from parts: under a temporary name, flushed, renamed at the end. A failure leaves nothing behind.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { LlmxError } from '../base/error.js';
import { codeOf, systemWords } from '../base/system-words.js';
import { numberFormats } from '../numbers/index.js';
import { tensorBytes, type TensorPlan } from './planned-file.js';

export type Parts = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The bytes of one planned tensor as they shall lie, in chunks of any length. */
export type TensorData = (plan: TensorPlan) => Parts;

/** Bytes that a planned tensor takes in a container of one file, which holds formats of one plane, in rows of whole blocks. */
export function plannedBytes(plan: TensorPlan): number {
  const row = numberFormats[plan.format];
  if (row.planes.length !== 1)
    throw new LlmxError('unsupported', `${plan.name}: ${row.name} has ${row.planes.length} planes, this container holds formats of one`);
  return tensorBytes(plan);
}

/** The chunks of one tensor; throws when they are not as long as planned. */
export async function* checkedData(plan: TensorPlan, data: TensorData): AsyncGenerator<Uint8Array, void, void> {
  const expected = plannedBytes(plan);
  let written = 0;
  for await (const chunk of data(plan)) {
    written += chunk.length;
    yield chunk;
  }
  if (written !== expected) throw new LlmxError('internal', `${plan.name} came as ${written} bytes, ${expected} were planned`);
}

const space = 'Free some space, or write to another disk';
const hints: Readonly<Record<string, string>> = {
  ...{ ENOSPC: space, EDQUOT: space, EFBIG: space },
  ...{ EMFILE: 'Raise the limit of open files (ulimit -n)', ENFILE: 'Close other programs' },
  ...{ ENAMETOOLONG: 'Choose a shorter name', EROFS: 'Write to another disk' },
};

/** The error for a file that could not be written. */
export function diskError(path: string, thrown: unknown): unknown {
  if (thrown instanceof LlmxError || !(thrown instanceof Error) || !('code' in thrown)) return thrown;
  const hint = hints[codeOf(thrown)] ?? 'Check the folder and its permissions';
  return new LlmxError('disk', `${path}: ${systemWords(thrown)}`, hint, { cause: thrown });
}

/** Writes all of `bytes` at `position`: a system may take fewer at a time. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, Math.min(bytes.length - done, 1 << 30), position + done)).bytesWritten;
}

/** Writes all parts and returns the file's size. */
export async function writeFileInParts(path: string, parts: Parts): Promise<number> {
  const partial = `${path}.partial`;
  let written = 0;
  try {
    const handle = await open(partial, 'w');
    try {
      for await (const part of parts) {
        await writeFully(handle, part, written);
        written += part.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
    return written;
  } catch (thrown) {
    await rm(partial, { force: true });
    throw diskError(path, thrown);
  }
}
