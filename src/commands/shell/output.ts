// One standard stream that is written with patience: waits for slow readers, notices readers that have left, and can be drained.
import type { LlmxError } from '../../core/base/error.js';
import { writeError } from '../../core/jobs/system-errors.js';

export interface Output {
  /** Resolves when more may be written. Does nothing once the reader has left. */
  write(text: string): Promise<void>;
  /** Resolves when all that was written has left this process; throws LlmxError('disk') where writing failed, always the same one. */
  drained(): Promise<void>;
  /** True once the reader has left. */
  readonly gone: boolean;
}

const goneCodes = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EOF']);

export const isReaderGone = ({ code }: NodeJS.ErrnoException): boolean => goneCodes.has(code ?? '');
export const incomplete = 'The output is not complete';

export function openOutput(stream: NodeJS.WriteStream, name: string, onGone: () => void = () => {}): Output {
  let gone = false;
  let failure: LlmxError | undefined;
  let wake: (() => void) | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error)) {
      if (!gone) onGone();
      gone = true;
    } else failure ??= writeError(name, error, incomplete);
    wake?.();
  });
  stream.on('drain', () => wake?.());

  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    get gone() {
      return gone;
    },
    async write(text) {
      check();
      if (gone || text === '') return;
      if (stream.write(text)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
      check();
    },
    async drained() {
      if (!gone && failure === undefined) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      // An error of a synchronous write is emitted on the next turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
      check();
    },
  };
}
