// What can be said of a checkpoint only by reading all of it: values that are no numbers, and digests. Streams; memory stays small.
import type { Event, Job } from '../base/event.js';
import { count } from '../base/shape.js';
import type { Checkpoint, Tensor } from '../checkpoints/checkpoint.js';
import { sha256Of } from '../checkpoints/file-digest.js';
import { openFile } from '../checkpoints/files.js';
import { streamTensor } from '../checkpoints/read-tensor.js';
import { tensorBytes } from './inspect-facts.js';

export interface TensorProblem {
  readonly tensor: string;
  readonly problem: 'not-finite' | 'overlap';
  readonly message: string;
  readonly nan?: number;
  readonly infinite?: number;
}

export interface Check {
  /** False when it was interrupted. */
  readonly complete: boolean;
  readonly tensors: number;
  readonly values: number;
  readonly unreadable: number;
  readonly problems: readonly TensorProblem[];
}

/** Progress over bytes with a rate, one event a chunk. */
function progressOf(phase: string, total: number): (done: number) => Event {
  const begin = performance.now();
  return (done) => {
    const seconds = Math.max(1e-3, (performance.now() - begin) / 1000);
    return { type: 'progress', phase, done: Math.round(done), total, unit: 'bytes', rate: Math.round(done / seconds) };
  };
}

/** Ranges of one file that two tensors claim. Headers were checked for ranges beyond the file when they were read. */
function overlaps(tensors: readonly Tensor[]): readonly TensorProblem[] {
  const spans = tensors.flatMap(({ name, planes }) => planes.filter(({ length }) => length > 0).map((span) => ({ name, ...span })));
  spans.sort((left, right) => (left.file === right.file ? left.offset - right.offset : left.file < right.file ? -1 : 1));
  return spans.flatMap((span, index) => {
    const before = spans[index - 1];
    if (before === undefined || before.file !== span.file || before.offset + before.length <= span.offset) return [];
    return [
      {
        tensor: span.name,
        problem: 'overlap' as const,
        message: `begins at byte ${span.offset}, ${before.name} ends at ${before.offset + before.length}`,
      },
    ];
  });
}

export async function* checkTensors({ tensors, skipped }: Checkpoint, signal: AbortSignal): Job<Check> {
  const all = [...tensors.values()];
  const problems = [...overlaps(all)];
  const progress = progressOf(
    'check',
    all.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
  );
  let [doneBytes, doneTensors, doneValues] = [0, 0, 0];
  const report = (): Check => ({
    complete: doneTensors === all.length,
    tensors: doneTensors,
    values: doneValues,
    unreadable: skipped.size,
    problems,
  });
  for (const tensor of all) {
    let [nan, infinite, first] = [0, 0, -1];
    for await (const { start, values } of streamTensor(tensor)) {
      if (signal.aborted) return report();
      for (let index = 0; index < values.length; index++) {
        const value = values[index]!;
        // A finite number minus itself is zero.
        if (value - value === 0) continue;
        if (first < 0) first = start + index;
        if (Number.isNaN(value)) nan++;
        else infinite++;
      }
      const share = (start + values.length) / Math.max(1, count(tensor.shape));
      yield progress(doneBytes + share * tensorBytes(tensor));
    }
    if (first >= 0)
      problems.push({
        tensor: tensor.name,
        problem: 'not-finite',
        message: `${nan} NaN and ${infinite} infinite values, the first at index ${first}`,
        nan,
        infinite,
      });
    doneBytes += tensorBytes(tensor);
    doneTensors++;
    doneValues += count(tensor.shape);
  }
  return report();
}

/** SHA-256 of each file in the order of the checkpoint: as listed for what lies on the hub, else of what is read. Undefined where it was interrupted. */
export async function* hashFiles({ files }: Checkpoint, signal: AbortSignal): Job<readonly (string | undefined)[]> {
  const progress = progressOf(
    'hash',
    files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const digests: string[] = [];
  let done = 0;
  for (const { path } of files) {
    await using source = await openFile(path);
    const steps = sha256Of(source, signal);
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next()) yield progress((done += step.value));
    if (step.value === undefined) return digests;
    digests.push(step.value);
  }
  return digests;
}
