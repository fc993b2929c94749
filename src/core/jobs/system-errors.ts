// What the system says of a file, in words: one clear line, a hint, and the exit status that it deserves.
import { LlmxError } from '../base/error.js';

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'a folder, not a file',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk or device failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ELOOP: 'too many links that lead to links',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'something else uses it',
  EAGAIN: 'it is not ready',
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** `EISDIR: illegal operation on a directory, read` as `a folder, not a file`. */
export function systemWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return words[codeOf(error)] ?? text.replace(/^[A-Z]\w*: /, '').replace(/, \w+(?: '.*')?$/s, '');
}

/** The error for a file that could not be read. */
export function readError(path: string, error: unknown, hint = 'Check the path'): LlmxError {
  if (error instanceof LlmxError) return error;
  const missing = ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  return new LlmxError(missing ? 'not-found' : 'unreadable', `${path}: ${systemWords(error)}`, hint, { cause: error });
}

/** The error for a file that could not be written. */
export const writeError = (path: string, error: unknown, hint = 'Choose another place'): LlmxError =>
  error instanceof LlmxError ? error : new LlmxError('disk', `${path}: ${systemWords(error)}`, hint, { cause: error });
