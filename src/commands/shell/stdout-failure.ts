// What a program says and ends with when its one text could not be written. Loaded only then.
import { writeError } from '../../core/jobs/system-errors.js';
import { errorText } from './errors.js';
import { incomplete, isReaderGone } from './output.js';

export function tellStdoutFailure(error: NodeJS.ErrnoException): void {
  if (isReaderGone(error)) return;
  const failure = writeError('stdout', error, incomplete);
  process.exitCode = failure.exitCode;
  process.stderr.on('error', () => {});
  process.stderr.write(errorText(failure, 0, { color: false }));
}
