// What the system says of a file, in words: one clear line, a hint, and the exit status that it deserves.
import { LlmxError } from '../base/error.js';
import { codeOf, systemWords } from '../base/system-words.js';

/** The error for a file that could not be read. */
export function readError(path: string, error: unknown, hint = 'Check the path'): LlmxError {
  if (error instanceof LlmxError) return error;
  const missing = ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  return new LlmxError(missing ? 'not-found' : 'unreadable', `${path}: ${systemWords(error)}`, hint, { cause: error });
}

/** The error for a file that could not be written. */
export const writeError = (path: string, error: unknown, hint = 'Choose another place'): LlmxError =>
  error instanceof LlmxError ? error : new LlmxError('disk', `${path}: ${systemWords(error)}`, hint, { cause: error });
