// Runs a job to its end: hands every event on, and winds it down when the signal aborts.
import type { Event, Job } from '../../core/base/event.js';

export interface JobRun {
  /** Undefined when the job was cut short without one. */
  readonly report: object | undefined;
  readonly aborted: boolean;
}

export const late = Symbol('late');
/** For a job that writes to look at the signal, between two events. */
const patienceMilliseconds = 1000;
/** After an abort: for a report, and then for the release of what the job holds. */
const [reportMilliseconds, releaseMilliseconds] = [60, 25];

/**
 * After an abort the job is asked on, so that a body that looks at the signal can return its report; then `return()` releases what it holds.
 * Both have a moment, and what takes longer is left behind; a job that writes is waited for until it ends by itself, and its warnings say what
 * it has kept.
 */
export async function runJob(job: Job<object>, signal: AbortSignal, writes: boolean, emit: (event: Event) => Promise<void>): Promise<JobRun> {
  let onAbort: (() => void) | undefined;
  const listener = (): void => onAbort?.();
  signal.addEventListener('abort', listener);
  /** The promise's value, or `late` when the abort comes first. One listener serves all steps. */
  const unlessAborted = <T>(promise: Promise<T>): Promise<T | typeof late> =>
    new Promise((resolve, reject) => {
      onAbort = () => resolve(late);
      if (signal.aborted) onAbort();
      promise.then(resolve, reject);
    });
  try {
    for (;;) {
      const pending = job.next();
      const step = await unlessAborted(pending);
      if (step === late) return { report: await windDown(job, pending, writes, emit), aborted: true };
      if (step.done === true) return { report: step.value, aborted: signal.aborted };
      if ((await unlessAborted(emit(step.value))) === late) return { report: await windDown(job, job.next(), writes, emit), aborted: true };
    }
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

async function windDown(
  job: Job<object>,
  first: Promise<IteratorResult<Event, object>>,
  writes: boolean,
  emit: (event: Event) => Promise<void>,
): Promise<object | undefined> {
  const deadline = performance.now() + reportMilliseconds;
  let pending = first;
  try {
    for (;;) {
      const step = writes ? await pending : await within(pending, deadline - performance.now());
      if (step === late) break;
      if (step.done === true) return step.value;
      // One that goes on as if nothing had happened is released where it stands.
      if (writes && step.value.type !== 'warning' && performance.now() > deadline + patienceMilliseconds) break;
      const isNews = !writes || step.value.type === 'warning';
      if (isNews && (await within(emit(step.value), Math.max(releaseMilliseconds, deadline - performance.now()))) === late) break;
      pending = job.next();
    }
    const returned = job.return(undefined as never);
    const end = writes ? await returned : await within(returned, releaseMilliseconds);
    return end === late ? undefined : (end.value as object | undefined);
  } catch {
    return undefined; // Whatever a body throws while it is being stopped, the interruption is what is told.
  }
}

/** The promise's value, or `late` when it takes longer. */
export function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | typeof late> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), Math.max(0, milliseconds));
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
